/**
 * A platform in memory, whose instances are ready at once: for exact counts of events, for long queues and for
 * failures on demand. What a platform must do is tested on real ones; this one only keeps the port's rules of the fence.
 */
import { TidegateError } from '../../src/errors.ts'
import { compareFences, formatFence } from '../../src/platforms/fence.ts'
import type {
  Anchor,
  Fence,
  Platform,
  Routing,
  SlotState,
  TargetState,
  TrafficReport,
} from '../../src/platforms/port.ts'
import type { ReleaseRef, Scale, Target } from '../../src/spec/model.ts'
import { digestOf } from '../../src/store/canonical.ts'
import type { ContentStore } from '../../src/store/content-store.ts'

interface Cell {
  anchor: Anchor | null
  stable: SlotState | null
  candidate: SlotState | null
  scale: Scale | null
  routing: Routing
}

/** What a test may make go wrong, by release version. */
export interface Faults {
  /** Never becomes ready. */
  unready: Set<string>
  crashing: Set<string>
  /** Share of requests that fail. */
  errorRate: Map<string, number>
  /** Thrown by the verb, for the service: `route shop`; until removed. */
  throws: Map<string, TidegateError>
  /** The verb, for the service, is under way and does not write before this is fulfilled. */
  blocks: Map<string, Promise<void>>
}

export interface MemoryPlatform extends Platform {
  faults: Faults
  /** Verbs called, in order, with the fence. */
  calls: string[]
  cells: Map<string, Cell>
  /** Instances that were not ready because a test said so are ready now. */
  becomeReady(target: Target): void
  /** Fulfilled once the verb, for the service, is held by `faults.blocks`. */
  reached(verb: string): Promise<void>
  /** Fulfilled once a write of the service was refused by the fence. */
  refused(service: string): Promise<void>
}

const key = (t: Target) => `${t.environment}/${t.location}/${t.service}`

export function memoryStore(): ContentStore {
  const contents = new Map<string, Uint8Array>()
  return {
    async put(content) {
      const digest = digestOf(content)
      contents.set(digest, content)
      return digest
    },
    async get(digest) {
      const content = contents.get(digest)
      if (!content) throw new TidegateError('artifact.missing', { artifact: digest })
      return content
    },
    has: async (digest) => contents.has(digest),
  }
}

export function createMemoryPlatform(): MemoryPlatform {
  const cells = new Map<string, Cell>()
  const faults: Faults = {
    unready: new Set(),
    crashing: new Set(),
    errorRate: new Map(),
    throws: new Map(),
    blocks: new Map(),
  }
  const calls: string[] = []
  const began = Date.now()
  const changed = new EventTarget()
  const happened = new Set<string>()
  const until = async (what: string): Promise<void> => {
    while (!happened.has(what)) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  const cellOf = (target: Target): Cell => {
    const found = cells.get(key(target))
    if (found) return found
    const cell: Cell = {
      anchor: null,
      stable: null,
      candidate: null,
      scale: null,
      routing: { weights: { stable: 100, candidate: 0 } },
    }
    cells.set(key(target), cell)
    return cell
  }
  const slotOf = (release: ReleaseRef, desired: number): SlotState => {
    const ready = faults.unready.has(release.version) || faults.crashing.has(release.version) ? 0 : desired
    const crashLoop = faults.crashing.has(release.version) ? 'exit code 1' : null
    return { release, desired, ready, outdated: 0, restarts: 0, crashLoop, instances: [] }
  }
  const stateOf = (target: Target): TargetState => {
    const { anchor, stable, candidate, routing } = structuredClone(cellOf(target))
    return { target, anchor, slots: { stable, candidate }, routing }
  }
  const begin = async (verb: string, target: Target): Promise<void> => {
    const fault = faults.throws.get(`${verb} ${target.service}`)
    if (fault) throw fault
    const blocked = faults.blocks.get(`${verb} ${target.service}`)
    if (!blocked) return
    happened.add(`reached ${verb} ${target.service}`)
    await blocked
  }
  /** Tests the fence; what the caller then changes, before it awaits anything, is atomic with that. */
  const write = (verb: string, target: Target, fence: Fence): Cell => {
    const cell = cellOf(target)
    if (!cell.anchor || compareFences(fence, cell.anchor.fence) < 0) throw stale(target, cell, fence)
    cell.anchor.fence = fence
    calls.push(`${verb} ${target.service} ${formatFence(fence)}`)
    queueMicrotask(() => changed.dispatchEvent(new Event('change')))
    return cell
  }
  const stale = (target: Target, cell: Cell, fence: Fence) => {
    happened.add(`refused ${target.service}`)
    return new TidegateError('fence.stale', {
      target: target.service,
      theirs: cell.anchor ? formatFence(cell.anchor.fence) : 'none',
      ours: formatFence(fence),
    })
  }

  return {
    name: 'memory',
    faults,
    calls,
    cells,
    reached: (verb) => until(`reached ${verb}`),
    refused: (service) => until(`refused ${service}`),
    becomeReady(target) {
      for (const slot of [cellOf(target).stable, cellOf(target).candidate]) if (slot) slot.ready = slot.desired
      changed.dispatchEvent(new Event('change'))
    },
    store: memoryStore(),
    capabilities: {
      weights: 'exact',
      strategies: ['canary', 'blue-green', 'rolling', 'recreate'],
      artifacts: ['path', 'npm', 'archive', 'image'],
      matches: true,
      mirror: false,
      preview: true,
      logs: false,
      traffic: true,
      autoscaling: false,
    },
    async claim(target, { fence, holder, engine, takeOver, direct }) {
      await begin('claim', target)
      const cell = cellOf(target)
      const { anchor } = cell
      if (anchor && anchor.engine !== engine && !takeOver) {
        throw new TidegateError('engine.other', { target: target.service, engine: anchor.engine })
      }
      const order = anchor ? compareFences(fence, anchor.fence) : 1
      const shared = anchor?.fence.sequence === fence.sequence && anchor.holder !== holder
      if (anchor && (order < 0 || shared)) throw stale(target, cell, fence)
      const fresh = anchor?.snapshot?.sequence !== fence.sequence
      const snapshot = fresh
        ? {
            sequence: fence.sequence,
            takenAt: new Date().toISOString(),
            release: cell.stable?.release ?? null,
            replicas: cell.stable?.desired ?? null,
            scale: cell.scale,
            weights: cell.routing.weights,
          }
        : (anchor?.snapshot ?? null)
      cell.anchor = { fence, holder, engine, snapshot, releases: anchor?.releases ?? [], ...(direct ? { direct } : {}) }
      calls.push(`claim ${target.service} ${formatFence(fence)}`)
      return stateOf(target)
    },
    async observe(target) {
      await begin('observe', target)
      return stateOf(target)
    },
    async *watch(target, signal) {
      while (!signal.aborted) {
        yield stateOf(target)
        await new Promise<void>((resolve) => {
          changed.addEventListener('change', () => resolve(), { once: true })
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      }
    },
    async prepare(target, release, fence) {
      await begin('prepare', target)
      const { anchor } = write('prepare', target, fence)
      if (anchor && !anchor.releases.some((r) => r.id === release.id)) anchor.releases.push(release)
    },
    async apply(target, slot, goal, fence) {
      await begin('apply', target)
      const cell = write('apply', target, fence)
      const kept = cell.stable?.desired ?? 1
      const replicas = goal.scale === 'keep' ? kept : 'replicas' in goal.scale ? goal.scale.replicas : goal.scale.min
      cell[slot] = slotOf(goal.release, replicas)
      if (slot === 'stable' && goal.scale !== 'keep') cell.scale = goal.scale
    },
    async route(target, routing, fence) {
      await begin('route', target)
      const cell = write('route', target, fence)
      const { stable, candidate } = routing.weights
      const [a, b] = [cell.stable?.ready ?? 0, cell.candidate?.ready ?? 0]
      if ((candidate > 0 && b === 0 && a > 0) || (stable > 0 && a === 0 && b > 0)) {
        throw new TidegateError('routing.unready', { slot: b === 0 ? 'candidate' : 'stable', target: target.service })
      }
      cell.routing = routing
    },
    async promote(target, fence) {
      await begin('promote', target)
      const cell = write('promote', target, fence)
      if (!cell.candidate) return
      cell.scale = { replicas: cell.candidate.desired }
      cell.stable = cell.candidate
      cell.candidate = null
      cell.routing = { weights: { stable: 100, candidate: 0 } }
    },
    async retire(target, what, fence) {
      await begin('retire', target)
      const cell = write('retire', target, fence)
      if (what !== 'stable') cell.candidate = null
      if (what !== 'candidate') cell.stable = null
      cell.routing = { weights: { stable: 100, candidate: 0 } }
    },
    async traffic(target) {
      const cell = cellOf(target)
      const report: TrafficReport = { at: new Date().toISOString(), releases: {} }
      const seconds = (Date.now() - began) / 1000
      for (const [slot, weight] of Object.entries(cell.routing.weights)) {
        const release = cell[slot as 'stable' | 'candidate']?.release
        if (!release) continue
        const requests = Math.round(seconds * 1000 * (weight / 100))
        const errors = Math.round(requests * (faults.errorRate.get(release.version) ?? 0))
        report.releases[release.id] = {
          since: new Date(began).toISOString(),
          requests,
          errors,
          latency: [{ le: null, count: requests }],
        }
      }
      return report
    },
    async targets() {
      return [...cells.keys()].map((name) => {
        const [environment, location, service] = name.split('/') as [string, string, string]
        return { environment, location, service }
      })
    },
  }
}
