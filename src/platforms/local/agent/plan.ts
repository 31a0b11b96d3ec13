/** What to start and what to stop so that a slot runs what it should. Pure. */

import { rollingBounds } from '../../../spec/counts.ts'
import { revisionOf, type SlotRecord } from './record.ts'

export interface InstanceView {
  name: string
  revision: string
  ready: boolean
  /** Being drained and stopped; it serves no more, but its process is still there. */
  leaving: boolean
}

export interface SlotPlan {
  start: number
  /** Names of instances to drain and stop. */
  stop: string[]
}

/**
 * One step of a rolling change as Kubernetes' Deployment controller takes it: never more than count + surge
 * instances (those already leaving apart), never fewer ready ones than count − unavailable.
 * @param instances those of the slot's group
 */
export function planSlot(slot: SlotRecord, instances: InstanceView[]): SlotPlan {
  const revision = revisionOf(slot)
  const staying = instances.filter((i) => !i.leaving)
  const current = staying.filter((i) => i.revision === revision)
  const old = staying.filter((i) => i.revision !== revision)
  const missing = Math.max(slot.replicas - current.length, 0)
  const excess = readyFirst(current).slice(slot.replicas)

  if (slot.rollout === 'recreate') {
    const oldIsThere = instances.some((i) => i.revision !== revision)
    return { start: oldIsThere ? 0 : missing, stop: names([...old, ...excess]) }
  }
  if (old.length === 0) return { start: missing, stop: names(excess) }

  const { surge, unavailable } = rollingBounds(slot.rollout, slot.replicas)
  const start = Math.max(Math.min(missing, slot.replicas + surge - staying.length), 0)
  const unready = old.filter((i) => !i.ready)
  const spare = staying.filter((i) => i.ready).length - (slot.replicas - unavailable)
  const unneeded = old.filter((i) => i.ready).slice(0, Math.max(spare, 0))
  return { start, stop: names([...unready, ...unneeded, ...excess]) }
}

const names = (instances: InstanceView[]) => instances.map((i) => i.name)
const readyFirst = (instances: InstanceView[]) => instances.toSorted((a, b) => Number(b.ready) - Number(a.ready))
