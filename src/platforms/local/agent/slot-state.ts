import type { SlotState } from '../../port.ts'
import type { Instance } from './instance.ts'
import { revisionOf, type SlotRecord } from './record.ts'

/** A slot as `observe` reports it. Instances that are leaving serve no more and aren't counted. */
export function slotState(slot: SlotRecord | null, instances: Instance[]): SlotState | null {
  if (!slot) return null
  const revision = revisionOf(slot)
  const mine = instances.filter(({ record }) => record.group === slot.group && !record.leaving)
  const current = mine.filter(({ record }) => record.revision === revision)
  return {
    release: slot.release,
    desired: slot.replicas,
    ready: current.filter((instance) => instance.serving).length,
    outdated: mine.length - current.length,
    restarts: current.reduce((sum, { record }) => sum + record.restarts, 0),
    crashLoop: current.find((instance) => instance.crashLoop !== null)?.crashLoop ?? null,
    instances: current.map((instance) => instance.state()),
  }
}
