import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setInterval as every } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Target } from '../../../spec/model.ts'
import { FileStore } from '../../../store/file-store.ts'
import type { Fence, TargetState } from '../../port.ts'
import { Traffic } from '../proxy/traffic.ts'
import { fenced } from './fencing.ts'
import { emptyRecord, targetKey } from './record.ts'
import { Releases } from './releases.ts'
import { LocalTarget, type TargetWorld } from './target.ts'
import { TargetFiles } from './target-files.ts'

const tendEveryMs = 500
const pruneEveryRounds = 120

/** All targets of this machine's state directory. */
export class LocalAgent {
  readonly store: FileStore
  readonly traffic = new Traffic()
  isOpen = false
  readonly #dir: string
  readonly #opening = Promise.withResolvers<void>()
  readonly #world: TargetWorld
  readonly #changes = new EventEmitter().setMaxListeners(0)
  readonly #targets = new Map<string, Promise<LocalTarget>>()

  constructor(dir: string, log: Logger) {
    this.#dir = dir
    this.store = new FileStore(join(dir, 'store'))
    const releases = new Releases(join(dir, 'releases'), this.store)
    this.#world = { root: join(dir, 'targets'), releases, traffic: this.traffic, log, changes: this.#changes }
  }

  /** Takes up every target that is on disk. */
  async open(): Promise<void> {
    await this.#world.releases.clean()
    const targets = await TargetFiles.all(this.#world.root)
    // One whose files can't be read is refused when it is addressed; it must not take the others with it.
    await Promise.allSettled(targets.map((target) => this.target(target)))
    this.#opening.resolve()
    this.isOpen = true
  }

  /** Ends when every target is taken up: nothing can be answered before. */
  get opened(): Promise<void> {
    return this.#opening.promise
  }

  /** Makes the target when it is new: only for writes. */
  target(target: Target): Promise<LocalTarget> {
    const key = targetKey(target)
    const known = this.#targets.get(key)
    if (known) return known
    const opening = LocalTarget.open(target, this.#world)
    this.#targets.set(key, opening)
    opening.catch((error: unknown) => {
      this.#world.log.error(error, `the files of ${key} cannot be read`)
      // Tried again by the next write: a disk that was full may have room by then.
      this.#targets.delete(key)
    })
    return opening
  }

  /** The target, or null when it was never claimed: looking leaves nothing behind. */
  async known(target: Target): Promise<LocalTarget | null> {
    return (await this.#targets.get(targetKey(target))) ?? null
  }

  /** Now, and after each change of the target, until the signal aborts; changes while the reader is busy are one. */
  async *changes(target: Target, signal: AbortSignal): AsyncGenerator<void> {
    let pending = true
    let wake = () => {}
    const tell = () => {
      pending = true
      wake()
    }
    this.#changes.on(targetKey(target), tell)
    signal.addEventListener('abort', tell)
    try {
      while (!signal.aborted) {
        pending = false
        yield
        if (!pending && !signal.aborted) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
    } finally {
      this.#changes.off(targetKey(target), tell)
      signal.removeEventListener('abort', tell)
    }
  }

  async targets(): Promise<Target[]> {
    const all = await this.#readable()
    return all.filter((target) => target.state().anchor !== null).map(({ target }) => target)
  }

  async #readable(): Promise<LocalTarget[]> {
    const settled = await Promise.allSettled(this.#targets.values())
    return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  }

  async observe(target: Target): Promise<TargetState> {
    const known = await this.known(target)
    return (
      known?.state() ?? {
        target,
        anchor: null,
        slots: { stable: null, candidate: null },
        routing: { weights: { stable: 100, candidate: 0 } },
      }
    )
  }

  /** The target for a write that must follow a claim. @throws `fence.stale` when there never was one */
  async claimed(target: Target, fence: Fence): Promise<LocalTarget> {
    const known = await this.known(target)
    if (!known) fenced(emptyRecord(target), fence)
    return known ?? this.target(target)
  }

  /**
   * Keeps logs and unpacked releases within their bounds until the signal aborts, or the state directory is gone:
   * then nobody could reach the agent any more.
   */
  async tend(signal: AbortSignal): Promise<void> {
    let round = 0
    try {
      for await (const _ of every(tendEveryMs, null, { signal })) {
        if (!existsSync(this.#dir)) return
        await this.#tidy(round++ % pruneEveryRounds === 0).catch((error: unknown) => {
          // A full disk must not end the process that serves the traffic: the next round tries again.
          this.#world.log.error(error, 'could not tidy up')
        })
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  async #tidy(prunes: boolean): Promise<void> {
    const targets = await this.#readable()
    for (const target of targets) await target.logs.tend(new Set(target.instances.map(({ name }) => name)))
    if (prunes) await this.#world.releases.prune(targets.flatMap((target) => target.releases()))
  }

  /** Drains and stops every service; what should run stays on disk. */
  async stopServices(): Promise<void> {
    await Promise.all((await this.#readable()).map((target) => target.shutDown()))
  }
}
