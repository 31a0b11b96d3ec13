import { type BaselineOptions, judgeBaseline } from './baseline.ts'
import type { Judgement, Measurement, SideCounts } from './judge.ts'
import type { SideNames } from './threshold.ts'
import { addSides, isUsable } from './windows.ts'

const nothing: SideCounts = { requests: 0, errors: 0, latency: [] }

/** The baseline judge on the error rate of all windows together, where both releases were measured. */
export function judgeErrorsByBaseline(
  measurements: readonly Measurement[],
  options: BaselineOptions,
  names: SideNames = { stable: 'stable', candidate: 'candidate' },
): Judgement {
  const concurrent = measurements.flatMap(({ candidate, stable }) =>
    candidate && stable && isUsable(candidate) && isUsable(stable) ? [{ candidate, stable }] : [],
  )
  const candidate = concurrent.map((both) => both.candidate).reduce(addSides, nothing)
  const stable = concurrent.map((both) => both.stable).reduce(addSides, nothing)
  const { verdict, interval, threshold } = judgeBaseline(
    {
      candidateErrors: candidate.errors,
      candidateRequests: candidate.requests,
      stableErrors: stable.errors,
      stableRequests: stable.requests,
    },
    options,
  )
  if (verdict === 'no-data') return { verdict, evidence: ['errors: no requests to compare'] }
  const seen = `errors: ${percent(candidate.errors / candidate.requests)} on ${names.candidate} (${percent(Math.max(0, interval.lower))} to ${percent(interval.upper)}), ${percent(stable.errors / stable.requests)} on ${names.stable}; limit ${percent(threshold)}`
  const short = options.minimum - candidate.requests
  return { verdict, evidence: [short > 0 ? `${seen}; ${short} more requests to judge` : seen] }
}

const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`
