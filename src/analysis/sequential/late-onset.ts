import { logSumExp } from '../log-space.ts'
import type { Counts } from './counts.ts'
import { addScores, type Mixture } from './mixture.ts'

/** Restarts, at the 1st, 2nd, 4th, … interval. */
export const restarts = 16

/**
 * The mixture that sees a regression which begins late: ½·E from the start, ½·the mean of 16 that begin afresh after
 * 1, 2, 4, … intervals (each is 1 until then). Those that have begun share every increment, so per alternative only
 * the logarithm of their weighted sum is kept: as many numbers as the plain mixture has.
 */
export interface LateOnset {
  /** Intervals so far. */
  intervals: number
  /** Per alternative: ln Σ weight·e^S over those that have begun. */
  scores: readonly number[]
}

export const noLateOnset = ({ ratios }: Mixture): LateOnset => ({
  intervals: 0,
  scores: ratios.map(() => Math.log(0.5)),
})

export function addLateOnset(state: LateOnset, of: Mixture, counts: Counts, dispersion = 1): LateOnset {
  const intervals = state.intervals + 1
  const scores = addScores(state.scores, of, counts, dispersion)
  if (!begins(intervals)) return { intervals, scores }
  return { intervals, scores: scores.map((score) => logSumExp([score, Math.log(0.5 / restarts)])) }
}

/** ln E: the mean over alternatives of what has begun, and 1 for each restart still to come. */
export function lateOnsetEvidence({ intervals, scores }: LateOnset): number {
  const waiting = restarts - Math.min(restarts, intervals === 0 ? 0 : Math.floor(Math.log2(intervals)) + 1)
  const begun = logSumExp(scores) - Math.log(scores.length)
  return waiting === 0 ? begun : logSumExp([begun, Math.log((0.5 * waiting) / restarts)])
}

const begins = (intervals: number) => Number.isInteger(Math.log2(intervals)) && intervals < 2 ** restarts
