import type { Slot, TargetState, Weights } from '../platforms/port.ts'
import type { ReleaseRef, Scale } from '../spec/model.ts'

/** What stood before: the part of a snapshot that the way back leads to. */
export interface RestoreGoal {
  release: ReleaseRef | null
  replicas: number | null
  scale: Scale | null
}

export type RestoreMove =
  | { do: 'apply'; release: ReleaseRef; scale: Scale | 'keep' }
  | { do: 'route'; weights: Weights }
  | { do: 'retire'; what: Slot | 'all' }
  /** The stable slot must have its instances before anything else is right. */
  | { do: 'await-stable'; release: ReleaseRef }
  | { do: 'done' }

const allStable: Weights = { stable: 100, candidate: 0 }

/**
 * The next move on the way back, from what is observed: pure and level-based, so that it can be asked again after
 * any crash. Traffic leaves a candidate that is not ready before anything else (lesson 1); nobody is sent to a
 * stable slot that has no instance while the candidate still has one (invariant 1).
 */
export function nextRestoreMove(state: TargetState, goal: RestoreGoal): RestoreMove {
  const { stable, candidate } = state.slots
  if (goal.release === null) return stable || candidate ? { do: 'retire', what: 'all' } : { do: 'done' }

  if (stable?.release.id !== goal.release.id)
    return { do: 'apply', release: goal.release, scale: goal.scale ?? fixed(goal.replicas) }
  if (goal.scale && 'replicas' in goal.scale && stable.desired !== goal.scale.replicas)
    return { do: 'apply', release: goal.release, scale: goal.scale }

  const whole = stable.ready >= Math.min(stable.desired, goal.replicas ?? stable.desired) && stable.outdated === 0
  const candidateServes = (candidate?.ready ?? 0) > 0
  // Scaled to nothing before: no weight can be given to it while the candidate serves, only taken with the candidate.
  if (stable.desired === 0 && candidate) return { do: 'retire', what: 'candidate' }
  if (state.routing.weights.stable !== 100) {
    if (whole || !candidateServes) return { do: 'route', weights: allStable }
    return { do: 'await-stable', release: goal.release }
  }
  if (candidate) return { do: 'retire', what: 'candidate' }
  return whole ? { do: 'done' } : { do: 'await-stable', release: goal.release }
}

const fixed = (replicas: number | null): Scale | 'keep' => (replicas === null ? 'keep' : { replicas })
