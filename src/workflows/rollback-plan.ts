import type { Plan, Strategy } from '../spec/model.ts'
import type { RollbackKind } from './messages.ts'
import type { PlanMemory } from './service-memory.ts'

/** Time between the moves of a gradual rollback (ms). */
export const gradualPause = 30_000

const fallback: PlanMemory = {
  traffic: true,
  checks: [],
  checkPolicy: { onDegraded: 'proceed', onUnhealthy: 'pause' },
  deadlineMs: 1_800_000,
  readyDeadlineMs: 300_000,
}

/**
 * How a rollback moves: at once (one switch), gradually (the old version's weight 75, 50, 25, 0), or controlled (the
 * same steps, each with its checks and a person's word).
 */
export function rollbackStrategy(kind: RollbackKind, pauseMs = gradualPause): Strategy {
  if (kind === 'immediate') {
    const options = { verify: [], autoPromote: true, promoteTimeoutMs: 0, monitorMs: 0, scaleDownDelayMs: 0 }
    return { name: 'blue-green', options }
  }
  const pause = kind === 'gradual' ? pauseMs : ('manual' as const)
  const steps = [25, 50, 75].map((weight) => ({ weight, pause }))
  return { name: 'canary', options: { steps, require: 'no-harm' } }
}

/**
 * The kind where none is asked for: a person who goes back to the release before wants it now; further back is
 * less sure to work, so that goes step by step.
 */
export function defaultRollbackKind(isPrevious: boolean): RollbackKind {
  return isPrevious ? 'immediate' : 'gradual'
}

/** A plan for what is not a deployment of a version: no hooks, no approval, no bake. */
export function planWith(memory: PlanMemory | null, strategy: Strategy, scale?: Plan['scale']): Plan {
  return { ...(memory ?? fallback), strategy, scale: scale ?? { replicas: 1 }, hooks: [], approval: false, bakeMs: 0 }
}

/** What a later rollback needs of a plan. Checks that are too long to carry are left out. */
export function planMemory(plan: Plan): PlanMemory {
  const { traffic, checks, checkPolicy, deadlineMs, readyDeadlineMs } = plan
  const carried = JSON.stringify(checks).length <= 16 * 1024 ? checks : []
  return { traffic, checks: carried, checkPolicy, deadlineMs, readyDeadlineMs }
}
