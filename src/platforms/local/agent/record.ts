/** What the agent keeps on disk about a target: what should be true (`TargetRecord`) and what was started. */

import type { ReleaseRef, RollingOptions, Scale, Target } from '../../../spec/model.ts'
import type { Anchor, Routing, Slot } from '../../port.ts'

/** What a slot should run. */
export interface SlotRecord {
  /** Instances belong to a group; a promotion hands the candidate's group over to the stable slot. */
  group: string
  release: ReleaseRef
  replicas: number
  scale: Scale
  rollout: RollingOptions | 'recreate'
  restart?: string
}

/** The desired state of a target and its fence: one file, written in one atomic step. */
export interface TargetRecord {
  schema: 1
  target: Target
  anchor: Anchor | null
  slots: Record<Slot, SlotRecord | null>
  routing: Routing
  /** Sequence of the first claim by an engine since a direct rollback: the anchor's mark stays for all of it. */
  directSeen?: number
  /** Ports of the proxy: chosen once, so that an address never changes. */
  ports: { endpoint: number; preview: number } | null
}

/** A process that was started, or is about to be: enough to find it again after the agent was killed. */
export interface InstanceRecord {
  name: string
  group: string
  /** Release and restart token; instances of a slot whose revision is another one are outdated. */
  revision: string
  release: ReleaseRef
  /** To be drained and stopped, never to be started again. */
  leaving: boolean
  ready: boolean
  restarts: number
  /** Exits in a row, without having been well for a while in between. */
  failures: number
  process?: ProcessRecord
}

export interface ProcessRecord {
  /** Random, in the process's environment as TIDEGATE_INSTANCE; written before it is spawned. */
  marker: string
  /** Ports by the name of the workload's port; the first is `PORT`. */
  ports: Record<string, number>
  /** Absent from the decision to spawn until it is done. */
  pid?: number
  /** Start time as the system tells it, so that another process with the same pid is not taken for this one. */
  startedAt?: string
}

export function emptyRecord(target: Target): TargetRecord {
  return {
    schema: 1,
    target,
    anchor: null,
    slots: { stable: null, candidate: null },
    routing: { weights: { stable: 100, candidate: 0 } },
    ports: null,
  }
}

export function revisionOf(slot: Pick<SlotRecord, 'release' | 'restart'>): string {
  return slot.restart === undefined ? slot.release.digest : `${slot.release.digest}#${slot.restart}`
}

export function targetKey({ environment, location, service }: Target): string {
  return `${environment}/${location}/${service}`
}
