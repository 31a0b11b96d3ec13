/**
 * The platform port: what Tidegate needs of a place where services run. `conformance.ts` is its definition
 * in tests; every platform passes the same ones against a real system.
 *
 * Every verb is idempotent and level-based: it says what should be true, reads before it writes, and can run
 * twice. Every write tests the fence in the same atomic operation and throws `fence.stale` when it is older
 * than the one in force; it then has changed nothing.
 */

import type { ArtifactKind, ReleaseRef, RollingOptions, Scale, StrategyName, Target } from '../spec/model.ts'
import type { ContentStore } from '../store/content-store.ts'

/** Compared as integers, in this order. Forward work is epoch 0, the way back is epoch 1. */
export interface Fence {
  sequence: number
  epoch: 0 | 1
  step: number
}

export type Slot = 'stable' | 'candidate'

/** Percent per slot; the two sum to 100. */
export interface Weights {
  stable: number
  candidate: number
}

/** A client that sends this stays on the slot, whatever the weights. */
export interface Match {
  slot: Slot
  header?: { name: string; value: string }
  cookie?: { name: string; value: string }
}

export interface Routing {
  weights: Weights
  matches?: Match[]
  /** Keep a client on the release that first answered it, by cookie. */
  sticky?: boolean
}

export interface InstanceState {
  name: string
  ready: boolean
  restarts: number
  /** Why it is not ready, where that is known. */
  reason?: string
}

export interface SlotState {
  release: ReleaseRef
  /** Instances asked for. */
  desired: number
  /** Ready instances that run the slot's release. */
  ready: number
  /** Instances still there that run another release (a rolling change under way). */
  outdated: number
  restarts: number
  /** Set when the slot's instances keep crashing: the last exit, in words. */
  crashLoop: string | null
  instances: InstanceState[]
}

/** What stood before anything moved; written by the first claim of a sequence and never after. */
export interface Snapshot {
  sequence: number
  takenAt: string
  /** The stable release, or null where this is a first deployment. */
  release: ReleaseRef | null
  /** Instances the stable slot had. */
  replicas: number | null
  scale: Scale | null
  weights: Weights
}

/** The platform's record of a target. */
export interface Anchor {
  fence: Fence
  /** Deployment that made the last claim. */
  holder: string
  /** Engine that owns the target (the Temporal namespace's id). */
  engine: string
  snapshot: Snapshot | null
  /** Releases prepared here and kept, oldest first. */
  releases: ReleaseRef[]
  /** Mark of a `rollback --direct`, until an engine's claim has seen it. */
  direct?: { by: string; at: string; release: ReleaseRef }
}

export interface TargetState {
  target: Target
  anchor: Anchor | null
  slots: { stable: SlotState | null; candidate: SlotState | null }
  /** In force, as the router itself reports it. */
  routing: Routing
  /** Where clients reach the service, and where checks reach the candidate alone. */
  endpoint?: string
  preview?: string
}

export interface Claim {
  fence: Fence
  holder: string
  engine: string
  /** Claim although the anchor names another engine. */
  takeOver?: boolean
  /** Set by `rollback --direct`. */
  direct?: { by: string; at: string; release: ReleaseRef }
}

/** What should run in a slot. */
export interface SlotGoal {
  release: ReleaseRef
  /** `keep`: as many as the stable slot has now. */
  scale: Scale | 'keep'
  /** Only in the stable slot, where a release replaces another in place. `recreate`: stop all, then start. */
  rollout?: RollingOptions | 'recreate'
  /** Changes when the instances are to be replaced although the release is the same. */
  restart?: string
}

/** Cumulative counters of one release since the router first saw it; a reset shows as a new `since`. */
export interface TrafficCounters {
  since: string
  requests: number
  /** Answers of 500 and above, and requests that got no answer. */
  errors: number
  /** Cumulative histogram: requests that took at most `le` milliseconds; the last `le` is Infinity as null. */
  latency: { le: number | null; count: number }[]
}

export interface TrafficReport {
  at: string
  /** By release id. */
  releases: Record<string, TrafficCounters>
}

export interface PlatformCapabilities {
  /** How finely traffic can be split. */
  weights: 'exact' | 'by-replicas' | 'all-or-nothing'
  strategies: StrategyName[]
  artifacts: ArtifactKind[]
  /** Whether a client can be kept on a slot by header or cookie. */
  matches: boolean
  mirror: boolean
  /** Whether the candidate can be reached apart from live traffic. */
  preview: boolean
  logs: boolean
  /** Whether `traffic()` reports counters per release. */
  traffic: boolean
  /** Whether instances are scaled by the platform between two bounds. */
  autoscaling: boolean
}

export interface LogQuery {
  slot?: Slot
  follow?: boolean
  /** Lines from the end of each instance's log. */
  tail?: number
}

export interface LogLine {
  at: string
  instance: string
  release: string
  stream: 'stdout' | 'stderr'
  line: string
}

export interface Platform {
  readonly name: string
  readonly capabilities: PlatformCapabilities
  /** Release records, drafts and artifacts by digest. */
  readonly store: ContentStore

  /**
   * Raises the fence wherever it is tested, then observes. The first claim of a sequence writes the snapshot to
   * the anchor from what stands at that moment; a repeated one, and one of epoch 1, leaves the snapshot as it is.
   * @throws `fence.stale` when the fence in force is newer, or as new and another holder's
   * @throws `engine.other` when another engine owns the target and `takeOver` is not set
   */
  claim(target: Target, claim: Claim): Promise<TargetState>

  /** Both slots, routing and fence as they are. Changes nothing. A target never seen is empty, not an error. */
  observe(target: Target): Promise<TargetState>

  /** A state now and after each change, until the signal aborts. */
  watch(target: Target, signal: AbortSignal): AsyncIterable<TargetState>

  /** What must exist before the release runs: files unpacked, configuration, access, storage. */
  prepare(target: Target, release: ReleaseRef, fence: Fence): Promise<void>

  /** Sets what a slot should run and returns once that is durable; `observe` tells when it is so. */
  apply(target: Target, slot: Slot, goal: SlotGoal, fence: Fence): Promise<void>

  /**
   * One write at the router.
   * @throws `routing.unready` when it would give weight to a slot with no ready instance while the other has one
   */
  route(target: Target, routing: Routing, fence: Fence): Promise<void>

  /**
   * The candidate's release becomes the stable slot's, with 100; ends with no candidate. With an empty candidate
   * slot it changes nothing. May take long; it stops waiting, not working, when the signal aborts.
   */
  promote(target: Target, fence: Fence, signal?: AbortSignal): Promise<void>

  /**
   * Drains and removes a slot. Weight on it goes to the other slot first, where that has a ready instance.
   * `all`: everything of ours but the anchor's fence.
   */
  retire(target: Target, what: Slot | 'all', fence: Fence): Promise<void>

  /** Requests, errors and latencies per release, cumulative. Only with the capability `traffic`. */
  traffic?(target: Target): Promise<TrafficReport>

  /** Only with the capability `logs`. */
  logs?(target: Target, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine>

  /** Targets that have an anchor here. */
  targets(): Promise<Target[]>
}
