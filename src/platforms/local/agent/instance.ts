import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { ReleaseRef, Workload } from '../../../spec/model.ts'
import type { InstanceState } from '../../port.ts'
import type { Upstream } from '../proxy/choose.ts'
import { launchOf } from './environment.ts'
import { watchHealth } from './health.ts'
import type { Logs } from './logs.ts'
import { choosePort, keepPort, releasePort } from './ports.ts'
import { findMarked, signalGroup, startTimeOf } from './process-table.ts'
import type { InstanceRecord, ProcessRecord } from './record.ts'
import type { Releases } from './releases.ts'
import { find, launch, type Running, terminate } from './running.ts'

/** What an instance needs of the target that it belongs to. */
export interface InstanceHome {
  service: string
  releases: Releases
  logs: Logs
  /** Folder for the temporary folders of instances. */
  temporary: string
  /** The record changed: durable when it returns. @throws when it can't be written */
  save: () => Promise<void>
  /** The same, where what follows is right even if it can't be written; the failure is logged. */
  note: () => Promise<void>
  /** Something that others see changed. */
  changed: () => void
}

const firstBackOffMs = 200
const maxBackOffMs = 30_000
/** Exits in a row that are called a crash loop. */
const crashLoopAfter = 3
/** Ready for so long, and earlier exits no longer count. */
const wellAfterMs = 20_000

/** One instance of a release: its process, started again with back-off when it ends, until it has to leave. */
export class Instance implements Upstream {
  readonly record: InstanceRecord
  // Idle for less than the 5 s after which servers usually close, so that no request meets a closing connection.
  readonly connections = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 4_000 })
  readonly #home: InstanceHome
  readonly #leave = new AbortController()
  #inFlight = 0
  #onIdle: (() => void) | undefined
  #reason: string | undefined = 'starting'
  #lastExit: string | null = null
  #running: Running | null = null
  #graceMs = 0
  #over: Promise<void> = Promise.resolve()

  constructor(record: InstanceRecord, home: InstanceHome) {
    this.record = record
    this.#home = home
  }

  get name(): string {
    return this.record.name
  }
  get release(): ReleaseRef {
    return this.record.release
  }
  get port(): number {
    return Object.values(this.record.process?.ports ?? {})[0] ?? 0
  }
  get serving(): boolean {
    return this.record.ready && !this.record.leaving
  }
  get inFlight(): number {
    return this.#inFlight
  }
  get pid(): number | undefined {
    return this.#running?.pid
  }
  /** The last exit in words, when it keeps crashing. */
  get crashLoop(): string | null {
    return this.record.failures >= crashLoopAfter && !this.record.ready ? (this.#lastExit ?? 'keeps ending') : null
  }

  enter(): void {
    this.#inFlight++
  }
  leave(): void {
    this.#inFlight--
    if (this.#inFlight === 0) this.#onIdle?.()
  }

  state(): InstanceState {
    const { name, ready, restarts } = this.record
    return ready ? { name, ready, restarts } : { name, ready, restarts, reason: this.#reason ?? 'not ready yet' }
  }

  /** Finds the process of its record, when that still runs. To be awaited before it may serve again. */
  async takeOver(): Promise<void> {
    this.#running = await this.#found()
  }

  /** Runs until it has left, beginning with the process that was taken over. */
  start(): void {
    this.#over = this.#run()
  }

  /** Takes no new request, lets those in flight end, then stops the process. Ends when it is gone. */
  async stop(): Promise<void> {
    if (!this.record.leaving) {
      this.record.leaving = true
      await this.#home.note()
    }
    if (!this.#leave.signal.aborted) {
      await this.#idle()
      this.#leave.abort()
    }
    await this.#over
  }

  async #run(): Promise<void> {
    const { signal } = this.#leave
    let running = this.#running
    // One that was taken over has to be seen off even where it had to leave meanwhile.
    while (running !== null || !signal.aborted) {
      const exit = await this.#once(running, signal)
      running = null
      if (signal.aborted) break
      this.record.restarts++
      this.record.failures++
      this.#lastExit = exit
      this.#reason = exit
      await this.#home.note()
      this.#home.changed()
      const pause = Math.min(firstBackOffMs * 2 ** (this.record.failures - 1), maxBackOffMs)
      await wait(pause, null, { signal }).catch(() => {})
    }
    this.connections.destroy()
    // What a service left there read-only is no reason for the instance never to be over.
    await rm(this.#temporary, { recursive: true, force: true }).catch(() => undefined)
  }

  /** One life of the process. @returns how it ended, in words */
  async #once(found: Running | null, signal: AbortSignal): Promise<string> {
    const life = new AbortController()
    try {
      const { workload } = await this.#home.releases.record(this.release)
      this.#graceMs = workload.gracePeriodMs
      const running = found ?? (await this.#launch(workload))
      this.#running = running
      const stop = () => void terminate(running, this.#graceMs)
      signal.addEventListener('abort', stop, { once: true })
      if (signal.aborted) stop()
      const health = this.#watch(workload, running, life.signal).catch((error: unknown) => {
        this.#reason = String(error)
      })
      const exit = await running.exited
      // What it started and left behind must not live on beside its successor.
      signalGroup(running.pid, 'SIGKILL')
      signal.removeEventListener('abort', stop)
      life.abort()
      await health
      return exit
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      life.abort()
      this.#running = null
      this.record.ready = false
      for (const port of Object.values(this.record.process?.ports ?? {})) releasePort(port)
      delete this.record.process
      this.#home.changed()
    }
  }

  async #launch(workload: Workload): Promise<Running> {
    this.#reason = 'starting'
    const cwd = await this.#home.releases.unpacked(this.release)
    const ports: Record<string, number> = {}
    for (const { name } of workload.ports) ports[name] = await choosePort()
    const process: ProcessRecord = { marker: randomUUID(), ports }
    this.record.process = process
    // Known on disk before it runs: an agent killed in between finds it again by its marker.
    await this.#home.save()
    await mkdir(this.#temporary, { recursive: true })
    const { service } = this.#home
    const launching = await launchOf({
      service,
      release: this.release,
      workload,
      cwd,
      temporary: this.#temporary,
      ports,
      marker: process.marker,
    })
    const output = await this.#home.logs.openFor(this.name, this.release)
    try {
      const running = await launch(launching, output)
      process.pid = running.pid
      process.startedAt = running.startedAt
      await this.#home.note()
      return running
    } finally {
      await Promise.all([output.stdout.close(), output.stderr.close()])
    }
  }

  async #found(): Promise<Running | null> {
    const { process } = this.record
    if (!process) return null
    const pid = process.pid ?? (await findMarked(process.marker))
    const startedAt = process.startedAt ?? (pid === null ? null : await startTimeOf(pid))
    const running = pid === null || startedAt === null ? null : await find(pid, startedAt)
    if (!running) {
      this.record.ready = false
      return null
    }
    for (const port of Object.values(process.ports)) keepPort(port)
    process.pid = running.pid
    process.startedAt = running.startedAt
    return running
  }

  async #watch(workload: Workload, running: Running, signal: AbortSignal): Promise<void> {
    const { release } = this
    let well: NodeJS.Timeout | undefined
    const facts = {
      ports: this.record.process?.ports ?? {},
      cwd: await this.#home.releases.unpacked(release),
      temporary: this.#temporary,
      release,
      service: this.#home.service,
      started: this.record.ready,
    }
    await watchHealth(workload, facts, signal, {
      ready: (ready, why) => {
        clearTimeout(well)
        if (ready) well = setTimeout(() => this.#recovered(), wellAfterMs).unref()
        this.#reason = why ?? undefined
        if (this.record.ready === ready) return
        this.record.ready = ready
        this.#home.changed()
        void this.#home.note()
      },
      kill: (why) => {
        this.#reason = why
        this.record.ready = false
        this.#home.changed()
        void terminate(running, this.#graceMs)
      },
    })
    clearTimeout(well)
  }

  #recovered(): void {
    this.record.failures = 0
    this.#home.changed()
  }

  /** Ends when no request is in flight, or after the grace period. */
  async #idle(): Promise<void> {
    if (this.#inFlight === 0) return
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    const patience = new AbortController()
    const late = wait(this.#graceMs, null, { signal: patience.signal }).catch(() => {})
    await Promise.race([idle, late])
    patience.abort()
  }

  get #temporary(): string {
    return join(this.#home.temporary, this.name)
  }
}
