import { logMeanExp } from '../log-space.ts'
import type { Counts } from './counts.ts'

/**
 * Alternatives ψ (candidate's rate over stable's) against one reference ratio. A score for each ψ is the logarithm of
 * a process whose expectation never exceeds 1 while the null hypothesis holds; so is their mean, and by Ville's
 * inequality it ever reaches 1/α with a probability of at most α, however often one looks.
 */
export interface Mixture {
  /** The ratio at the edge of the null hypothesis: ψ0 = 1 + tolerance to roll back, ψ_b to promote. */
  reference: number
  /** ψ. */
  ratios: readonly number[]
  /** ln(ψ/reference): what one event of the candidate adds to a score. */
  gains: readonly number[]
}

/** Alternatives a mixture has. */
export const mixtureSize = 24

/** Null hypothesis: the candidate's rate is at most (1 + tolerance) times stable's. Its rejection rolls back. */
export function rollbackMixture(tolerance: number, size = mixtureSize): Mixture {
  return mixture(1 + tolerance, 1.1, 10, size)
}

/** Null hypothesis: the candidate's rate is at least `bound` times stable's. Its rejection promotes. */
export function promoteMixture(bound = 2, size = mixtureSize): Mixture {
  return mixture(bound, 0.1, 1 / 1.1, size)
}

/** A single alternative: the sequential test that is fastest where that is the truth, and knows it beforehand. */
export function singleAlternative(reference: number, ratio: number): Mixture {
  return { reference, ratios: [ratio], gains: [Math.log(ratio / reference)] }
}

function mixture(reference: number, from: number, to: number, size: number): Mixture {
  const step = Math.log(to / from) / (size - 1)
  const gains = Array.from({ length: size }, (_, i) => Math.log(from) + i * step)
  return { reference, ratios: gains.map((gain) => reference * Math.exp(gain)), gains }
}

export const noScores = ({ ratios }: Mixture): number[] => ratios.map(() => 0)

/**
 * The scores after one more interval:
 * S_ψ += (k_t·ln(ψ/ψ0) − (k_t + k_c)·ln((n_c + n_t·ψ) / (n_c + n_t·ψ0))) / φ.
 *
 * The expectation of an interval's factor is at most exp{n_t·p_t(ψ/(ψ0·r) − 1) + n_c·p_c(1/r − 1)} with
 * r = (n_c + n_t·ψ)/(n_c + n_t·ψ0), which is 1 at p_t = ψ0·p_c: exact for Bernoulli and Poisson events, for any drift
 * that both releases share, and for changing weights. So the scores are never reset when the weight is raised.
 *
 * @param dispersion φ ≥ 1, see `dispersion.ts`; counts must be countable (`isCountable`)
 * @param prices those of the counts' requests, where they are known already
 */
export function addScores(
  scores: readonly number[],
  of: Mixture,
  counts: Counts,
  dispersion = 1,
  prices?: readonly number[],
): readonly number[] {
  const { candidateEvents: kt, stableEvents: kc, candidateRequests: nt, stableRequests: nc } = counts
  // No traffic on one side compares nothing; no events on either side is no evidence about their ratio.
  if (kt + kc === 0 || nt === 0 || nc === 0) return scores
  const each = prices ?? pricesOf(of, nt, nc)
  const added = new Array<number>(scores.length)
  for (let i = 0; i < scores.length; i++) {
    const gain = kt * (of.gains[i] ?? 0) - (kt + kc) * (each[i] ?? 0)
    added[i] = (scores[i] ?? 0) + gain / dispersion
  }
  return added
}

/** What an event of either side takes from each score: ln((n_c + n_t·ψ) / (n_c + n_t·ψ0)). */
export function pricesOf(of: Mixture, candidateRequests: number, stableRequests: number): number[] {
  const base = stableRequests + candidateRequests * of.reference
  return of.ratios.map((ratio) => Math.log((stableRequests + candidateRequests * ratio) / base))
}

/** ln E of the mixture: the mean over its alternatives. */
export const logEvidence = logMeanExp

/** Whether ln E ≥ limit. The mean is never above the greatest score, which saves the exponentials in most looks. */
export function reaches(scores: readonly number[], limit: number): boolean {
  for (const score of scores) if (score >= limit) return logMeanExp(scores) >= limit
  return false
}
