import { randomUUID } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { ReleaseRef, Target } from '../../../spec/model.ts'
import type { Claim, Fence, Routing, Slot, SlotGoal, TargetState } from '../../port.ts'
import type { Traffic } from '../proxy/traffic.ts'
import { claimed, fenced } from './fencing.ts'
import { Instance, type InstanceHome } from './instance.ts'
import { Logs } from './logs.ts'
import { planSlot } from './plan.ts'
import { choosePort, keepPort } from './ports.ts'
import { type InstanceRecord, revisionOf, type SlotRecord, type TargetRecord, targetKey } from './record.ts'
import type { Releases } from './releases.ts'
import { Router } from './router.ts'
import { slotState } from './slot-state.ts'
import { TargetFiles } from './target-files.ts'
import { applied, prepared, promoted, type Ready, retired, routed } from './verbs.ts'

export interface TargetWorld {
  /** Folder of all targets. */
  root: string
  releases: Releases
  traffic: Traffic
  log: Logger
  /** Told the target's key after each change. */
  changes: EventEmitter
}

const slotNames = ['stable', 'candidate'] as const

/** One target: its record and fence, the instances that are driven to it, and its router. */
export class LocalTarget {
  readonly target: Target
  readonly logs: Logs
  readonly #files: TargetFiles
  readonly #world: TargetWorld
  readonly #home: InstanceHome
  readonly #instances = new Map<string, Instance>()
  readonly #router: Router
  #record: TargetRecord
  #writing: Promise<unknown> = Promise.resolve()
  #planned = false
  #closing = false
  readonly #stopping = new Map<Instance, Promise<void>>()

  private constructor(target: Target, world: TargetWorld, files: TargetFiles, record: TargetRecord) {
    this.target = target
    this.#world = world
    this.#files = files
    this.#record = record
    this.logs = new Logs(join(files.dir, 'logs'))
    this.#router = new Router(target, world.traffic)
    this.#home = {
      service: target.service,
      releases: world.releases,
      logs: this.logs,
      temporary: join(files.dir, 'tmp'),
      save: () => this.#saveInstances(),
      note: () => this.#noteInstances(),
      changed: () => this.#changed(),
    }
  }

  /** Reads what is on disk, takes over what still runs and starts what is missing. */
  static async open(target: Target, world: TargetWorld): Promise<LocalTarget> {
    const files = new TargetFiles(world.root, target)
    const { record, instances } = await files.load(target)
    const opened = new LocalTarget(target, world, files, record)
    for (const port of Object.values(record.ports ?? {})) keepPort(port)
    await Promise.all(instances.map((instance) => opened.#takeOver(instance)))
    await opened.#reconcile()
    return opened
  }

  state(): TargetState {
    const { anchor, routing, slots } = this.#record
    const all = [...this.#instances.values()]
    const state: TargetState = {
      target: this.target,
      anchor,
      slots: { stable: slotState(slots.stable, all), candidate: slotState(slots.candidate, all) },
      routing,
    }
    return { ...state, ...this.#router.addresses() }
  }

  get instances(): Instance[] {
    return [...this.#instances.values()]
  }

  /** Releases whose files are needed here: those that run or should, and those that a rollback may need. */
  releases(): ReleaseRef[] {
    const { anchor, slots } = this.#record
    const filled = slotNames.flatMap((name) => slots[name]?.release ?? [])
    return [...filled, ...this.instances.map(({ release }) => release), ...(anchor?.releases ?? [])]
  }

  /** Group of a slot's instances, or null when it is empty. */
  groupOf(slot: Slot): string | null {
    return this.#record.slots[slot]?.group ?? null
  }

  claim(claim: Claim): Promise<TargetState> {
    return this.#write((record) => claimed(record, claim, new Date().toISOString()))
  }

  async prepare(release: ReleaseRef, fence: Fence): Promise<void> {
    // Tested before the work, so that a stale writer does none; and again with the write.
    fenced(this.#record, fence)
    await this.#world.releases.unpacked(release)
    await this.#write((record) => prepared(record, release, fence))
  }

  async apply(slot: Slot, goal: SlotGoal, fence: Fence): Promise<void> {
    fenced(this.#record, fence)
    const { workload } = await this.#world.releases.record(goal.release)
    const serves = workload.ports.length > 0
    const ports = serves && !this.#record.ports ? { endpoint: await choosePort(), preview: await choosePort() } : null
    await this.#write((record) => {
      const next = applied(record, slot, goal, fence, this.#ready(), randomUUID().slice(0, 8))
      return { ...next, ports: next.ports ?? ports }
    })
  }

  async route(routing: Routing, fence: Fence): Promise<void> {
    await this.#write((record) => routed(record, routing, fence, this.#ready()))
  }

  async promote(fence: Fence): Promise<void> {
    await this.#write((record) => promoted(record, fence, this.#ready()))
  }

  async retire(what: Slot | 'all', fence: Fence): Promise<void> {
    await this.#write((record) => retired(record, what, fence, this.#ready()))
  }

  /** Drains and stops every instance, and forgets none of what should run: the next agent starts it again. */
  async shutDown(): Promise<void> {
    this.#closing = true
    await this.#writing
    await Promise.all(this.instances.map((instance) => this.#stop(instance)))
    await this.#router.close()
    await this.#noteInstances()
  }

  /** One write at a time: what is tested is what is replaced. */
  #write(change: (record: TargetRecord) => TargetRecord): Promise<TargetState> {
    const written = this.#writing.then(async () => {
      const next = change(this.#record)
      await this.#files.saveRecord(next)
      this.#record = next
      await this.#reconcile()
      return this.state()
    })
    this.#writing = written.catch(() => {})
    return written
  }

  /** Starts and stops what it takes, and shows the router what there is. Waits for no instance. */
  async #reconcile(): Promise<void> {
    if (this.#closing) return
    const { slots, routing, ports } = this.#record
    const groups = new Set(slotNames.map((name) => slots[name]?.group))
    for (const instance of this.instances) {
      if (!groups.has(instance.record.group)) void this.#stop(instance)
    }
    for (const name of slotNames) {
      const slot = slots[name]
      if (!slot) continue
      const mine = this.instances.filter(({ record }) => record.group === slot.group)
      const plan = planSlot(
        slot,
        mine.map(({ record }) => record),
      )
      for (let i = 0; i < plan.start; i++) this.#add(this.#fresh(slot))
      for (const stopped of plan.stop) void this.#stop(this.#instances.get(stopped))
    }
    const view = (slot: SlotRecord | null) =>
      slot && {
        release: slot.release,
        instances: this.instances.filter(({ record }) => record.group === slot.group),
      }
    this.#router.show({ routing, slots: { stable: view(slots.stable), candidate: view(slots.candidate) } })
    const wanted = slots.stable !== null || slots.candidate !== null || this.#instances.size > 0
    await this.#router.listen(wanted ? ports : null).catch((error: unknown) => {
      this.#world.log.error(error, 'the proxy cannot listen; trying again')
      setTimeout(() => this.#changed(), 1_000).unref()
    })
    this.#world.changes.emit(targetKey(this.target))
  }

  #fresh(slot: SlotRecord): InstanceRecord {
    return {
      name: `${this.target.service}-${slot.release.version}-${randomUUID().slice(0, 6)}`,
      group: slot.group,
      revision: revisionOf(slot),
      release: slot.release,
      leaving: false,
      ready: false,
      restarts: 0,
      failures: 0,
    }
  }

  #add(record: InstanceRecord): void {
    const instance = new Instance(record, this.#home)
    this.#instances.set(record.name, instance)
    instance.start()
  }

  async #takeOver(record: InstanceRecord): Promise<void> {
    const instance = new Instance(record, this.#home)
    this.#instances.set(record.name, instance)
    await instance.takeOver()
    instance.start()
    if (record.leaving) void this.#stop(instance)
  }

  #stop(instance: Instance | undefined): Promise<void> {
    if (!instance) return Promise.resolve()
    const stopping = this.#stopping.get(instance) ?? this.#seeOff(instance)
    this.#stopping.set(instance, stopping)
    return stopping
  }

  async #seeOff(instance: Instance): Promise<void> {
    try {
      await instance.stop()
      this.#instances.delete(instance.name)
      await this.#noteInstances()
    } catch (error) {
      this.#world.log.error(error, 'an instance could not be stopped in order')
    }
    this.#stopping.delete(instance)
    this.#changed()
  }

  #changed(): void {
    if (this.#planned) return
    this.#planned = true
    setImmediate(() => {
      this.#planned = false
      this.#writing = this.#writing
        .then(() => this.#reconcile())
        .catch((error: unknown) => this.#world.log.error(error, 'could not reconcile'))
    })
  }

  #saveInstances(): Promise<void> {
    return this.#files.saveInstances(() => this.instances.map(({ record }) => record))
  }

  #noteInstances(): Promise<void> {
    return this.#saveInstances().catch((error: unknown) => this.#world.log.error(error, 'could not write instances'))
  }

  #ready(): Ready {
    const count = (slot: SlotRecord | null) =>
      this.instances.filter((instance) => instance.serving && instance.record.group === slot?.group).length
    return { stable: count(this.#record.slots.stable), candidate: count(this.#record.slots.candidate) }
  }
}
