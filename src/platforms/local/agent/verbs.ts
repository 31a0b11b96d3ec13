/** What each verb makes of a target's record. Pure: fence first, then what should be true. */

import { TidegateError } from '../../../errors.ts'
import type { ReleaseRef, RollingOptions } from '../../../spec/model.ts'
import type { Fence, Routing, Slot, SlotGoal, Weights } from '../../port.ts'
import { fenced } from './fencing.ts'
import { type SlotRecord, type TargetRecord, targetKey } from './record.ts'

/** Ready instances per slot, at the moment of the write. */
export type Ready = Record<Slot, number>

const allStable: Weights = { stable: 100, candidate: 0 }
const gently: RollingOptions = { maxSurge: '25%', maxUnavailable: '25%' }
/** As many as a service remembers. */
const keptReleases = 50
const other = (slot: Slot): Slot => (slot === 'stable' ? 'candidate' : 'stable')

export function prepared(record: TargetRecord, release: ReleaseRef, fence: Fence): TargetRecord {
  const next = fenced(record, fence)
  const { anchor } = next
  if (anchor.releases.some(({ digest }) => digest === release.digest)) return next
  return { ...next, anchor: { ...anchor, releases: [...anchor.releases, release].slice(-keptReleases) } }
}

/** @param group name for a new group of instances, used where the slot has none or a candidate's release changes */
export function applied(
  record: TargetRecord,
  slot: Slot,
  goal: SlotGoal,
  fence: Fence,
  ready: Ready,
  group: string,
): TargetRecord {
  const next = fenced(record, fence)
  const before = next.slots[slot]
  const replaces = before !== null && before.release.digest !== goal.release.digest
  const fresh = before === null || (slot === 'candidate' && replaces)
  const filled: SlotRecord = {
    group: fresh ? group : before.group,
    release: goal.release,
    ...countOf(goal.scale, before, next.slots.stable),
    rollout: goal.rollout ?? gently,
  }
  // Not asked for means not changed: a repeated apply without the token must not restart anything.
  const restart = goal.restart ?? (replaces ? undefined : before?.restart)
  if (restart !== undefined) filled.restart = restart
  const slots = { ...next.slots, [slot]: filled }
  const unweighted = slot === 'candidate' && fresh && next.routing.weights.candidate > 0 && ready.stable > 0
  return { ...next, slots, routing: unweighted ? { ...next.routing, weights: allStable } : next.routing }
}

export function routed(record: TargetRecord, routing: Routing, fence: Fence, ready: Ready): TargetRecord {
  const next = fenced(record, fence)
  const { stable, candidate } = routing.weights
  if (stable < 0 || candidate < 0 || stable + candidate !== 100) {
    throw new TidegateError('input.invalid', {
      detail: `weights ${stable} and ${candidate} do not sum to 100`,
      remedy: 'Give percents that do.',
    })
  }
  for (const slot of ['stable', 'candidate'] as const) {
    if (routing.weights[slot] > 0 && ready[slot] === 0 && ready[other(slot)] > 0) {
      throw new TidegateError('routing.unready', { slot, target: targetKey(record.target) })
    }
  }
  return { ...next, routing }
}

/** A relabelling: the candidate's running instances become the stable slot's; those of the old one belong to nobody. */
export function promoted(record: TargetRecord, fence: Fence, ready: Ready): TargetRecord {
  const next = fenced(record, fence)
  const { candidate } = next.slots
  if (!candidate) return next
  if (ready.candidate === 0 && ready.stable > 0) {
    throw new TidegateError('routing.unready', { slot: 'candidate', target: targetKey(record.target) })
  }
  return { ...next, slots: { stable: candidate, candidate: null }, routing: { weights: allStable } }
}

export function retired(record: TargetRecord, what: Slot | 'all', fence: Fence, ready: Ready): TargetRecord {
  const next = fenced(record, fence)
  if (what === 'all') {
    return {
      ...next,
      anchor: { ...next.anchor, releases: [] },
      slots: { stable: null, candidate: null },
      routing: { weights: allStable },
    }
  }
  const slots = { ...next.slots, [what]: null }
  const toCandidate = what === 'stable' && slots.candidate !== null && ready.candidate > 0
  return { ...next, slots, routing: { weights: toCandidate ? { stable: 0, candidate: 100 } : allStable } }
}

/** `keep` is as many as the stable slot has now; between two bounds, what runs stays where it is within them. */
function countOf(
  scale: SlotGoal['scale'],
  before: SlotRecord | null,
  stable: SlotRecord | null,
): Pick<SlotRecord, 'replicas' | 'scale'> {
  if (scale === 'keep') {
    const kept = stable ?? before
    return { replicas: kept?.replicas ?? 1, scale: kept?.scale ?? { replicas: 1 } }
  }
  if ('replicas' in scale) return { replicas: scale.replicas, scale }
  const now = before?.replicas ?? stable?.replicas ?? scale.min
  return { replicas: Math.min(Math.max(now, scale.min), scale.max), scale }
}
