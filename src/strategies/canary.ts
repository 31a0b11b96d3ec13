import type { Verdict } from '../analysis/judge.ts'
import type { CanaryOptions, CanaryStep } from '../spec/model.ts'

/** What has happened so far in a canary. */
export interface CanaryProgress {
  /** Index of the step that is under way; `steps.length` when the candidate has everything. */
  step: number
  /** Candidate instances asked for by the last move. */
  replicas: number
  /** Weight that the router has. */
  weight: number
  /** The candidate's instances are all ready. */
  ready: boolean
  /** What the current step's measuring said, once it is over. */
  judged: { verdict: Verdict; ask: boolean; reason?: string } | null
  /** What a person said about the step's gate. */
  promoted: boolean
  /** A person wants it all the way, skipping what is left (never the health checks). */
  full: boolean
  paused: boolean
}

/** What the workflow carries out. */
export type CanaryAction =
  | { do: 'scale'; replicas: number }
  | { do: 'await-ready' }
  | { do: 'weight'; weight: number }
  /** Measure for that long; null: until a person promotes. */
  | { do: 'measure'; step: CanaryStep; durationMs: number | null }
  | { do: 'ask'; gate: string; kind: 'promotion' | 'question' | 'paused'; text: string }
  | { do: 'advance' }

export type CanaryMove = CanaryAction | { do: 'fail'; reason: string } | { do: 'done' }

/** Steps as they are walked: the declared ones below 100 %, then all of the traffic. */
export function stepsOf(options: CanaryOptions): CanaryStep[] {
  const last = options.steps.at(-1)
  return last?.weight === 100 ? options.steps : [...options.steps, { weight: 100, pause: 0 }]
}

/**
 * Instances that the candidate needs for a weight: its share of a whole slot, rounded up, at least one. Stable stays
 * whole, so that going back is one route.
 */
export function candidateReplicas(whole: number, weight: number): number {
  return Math.max(1, Math.ceil((whole * weight) / 100))
}

/**
 * The next move of a canary: pure. Scale first, then route (lesson 2); a step goes on when its time is over unless
 * harm is shown (lesson 19); promoting fully skips the analyses that are left, never readiness (lesson 11).
 */
export function nextCanaryMove(options: CanaryOptions, whole: number, progress: CanaryProgress): CanaryMove {
  const steps = stepsOf(options)
  const step = steps[progress.step]
  if (!step) return { do: 'done' }
  if (progress.judged?.verdict === 'fail' && !progress.full) {
    return { do: 'fail', reason: progress.judged.reason ?? 'the analysis failed' }
  }
  if (progress.full && step.weight < 100) return { do: 'advance' }

  const replicas = candidateReplicas(whole, step.weight)
  if (progress.replicas < replicas) return { do: 'scale', replicas }
  if (!progress.ready) return { do: 'await-ready' }
  if (progress.weight !== step.weight) return { do: 'weight', weight: step.weight }

  const gate = `step-${progress.step + 1}`
  if (!progress.judged && !progress.full) {
    if (step.pause === 'manual' && !progress.promoted) return { do: 'measure', step, durationMs: null }
    if (step.pause !== 'manual' && step.pause > 0) return { do: 'measure', step, durationMs: step.pause }
  }
  if (progress.paused && !progress.full) return { do: 'ask', gate, kind: 'paused', text: `paused at ${step.weight} %` }
  if (progress.judged?.ask && !progress.full) {
    const why = progress.judged.reason ?? progress.judged.verdict
    return { do: 'ask', gate, kind: 'question', text: `${progress.judged.verdict} at ${step.weight} %: ${why}` }
  }
  return { do: 'advance' }
}
