import betaQuantile from '@stdlib/stats-base-dists-beta-quantile'
import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import type { Verdict } from './judge.ts'

export interface Interval {
  lower: number
  upper: number
}

/**
 * 95 % interval of an error rate from Student's t: p̂ ± t(.975, n − 1)·√(p̂(1 − p̂)·n/(n − 1)/n). With no error, or
 * nothing but errors, that has no width, and the exact bound (Clopper & Pearson, 1934) takes its place.
 */
export function rateInterval(errors: number, requests: number, confidence = 0.95): Interval {
  if (requests === 0) return { lower: 0, upper: 1 }
  if (errors === 0 || errors === requests || requests === 1) return clopperPearson(errors, requests, confidence)
  const rate = errors / requests
  const half = tQuantile((1 + confidence) / 2, requests - 1) * Math.sqrt((rate * (1 - rate)) / (requests - 1))
  return { lower: rate - half, upper: rate + half }
}

/** The exact interval of a binomial rate: quantiles of Beta(k, n − k + 1) and Beta(k + 1, n − k). */
export function clopperPearson(errors: number, requests: number, confidence = 0.95): Interval {
  const tail = (1 - confidence) / 2
  return {
    lower: errors === 0 ? 0 : betaQuantile(tail, errors, requests - errors + 1),
    upper: errors === requests ? 1 : betaQuantile(1 - tail, errors + 1, requests - errors),
  }
}

export interface BaselineOptions {
  /** 0.25 = a quarter more than the baseline is tolerated. */
  tolerance: number
  confidence?: number
  /** Candidate requests, planned before the start: `minimumSample`. */
  minimum: number
  /** A rate below which nothing is harm; without it a baseline of no errors tolerates none. */
  floor?: number
}

/** Candidate requests that must have been seen: max(100, all that are planned · the canary's share). */
export const minimumSample = (plannedRequests: number, share: number) =>
  Math.max(100, Math.ceil(plannedRequests * share))

/**
 * The fixed-sample judge: the interval of the candidate's error rate against baseline·(1 + tolerance). It fails when
 * the lower end is above, passes when the upper end is not, and is right at one look only, which is why it says
 * nothing before its planned sample.
 */
export function judgeBaseline(
  counts: { candidateErrors: number; candidateRequests: number; stableErrors: number; stableRequests: number },
  { tolerance, confidence, minimum, floor = 0 }: BaselineOptions,
): { verdict: Verdict; interval: Interval; threshold: number } {
  const { candidateErrors, candidateRequests, stableErrors, stableRequests } = counts
  const threshold = Math.max((stableErrors / stableRequests) * (1 + tolerance), floor)
  const known = [candidateErrors, candidateRequests, stableErrors, stableRequests].every(
    (n) => n >= 0 && Number.isFinite(n),
  )
  const possible = known && candidateErrors <= candidateRequests && stableErrors <= stableRequests
  if (!possible || candidateRequests === 0 || stableRequests === 0) {
    return { verdict: 'no-data', interval: { lower: 0, upper: 1 }, threshold }
  }
  const interval = rateInterval(candidateErrors, candidateRequests, confidence)
  if (candidateRequests < minimum) return { verdict: 'inconclusive', interval, threshold }
  return { verdict: verdictOf(interval, threshold), interval, threshold }
}

const verdictOf = ({ lower, upper }: Interval, threshold: number): Verdict =>
  lower > threshold ? 'fail' : upper <= threshold ? 'pass' : 'inconclusive'

export interface Welch extends Interval {
  t: number
  df: number
  difference: number
}

/**
 * Welch's t-test of mean(x) − mean(y), unequal variances, with the Welch–Satterthwaite degrees of freedom. Null where
 * a side has fewer than two finite values; where neither varies, the interval is the difference itself.
 */
export function welch(x: readonly number[], y: readonly number[], confidence = 0.95): Welch | null {
  if (x.length < 2 || y.length < 2 || ![...x, ...y].every(Number.isFinite)) return null
  const [a, b] = [moments(x), moments(y)]
  const difference = a.mean - b.mean
  const variance = a.ofMean + b.ofMean
  const t = variance === 0 && difference === 0 ? 0 : difference / Math.sqrt(variance)
  if (variance === 0) return { t, df: x.length + y.length - 2, difference, lower: difference, upper: difference }
  const df = variance ** 2 / (a.ofMean ** 2 / (x.length - 1) + b.ofMean ** 2 / (y.length - 1))
  const half = tQuantile((1 + confidence) / 2, df) * Math.sqrt(variance)
  return { t, df, difference, lower: difference - half, upper: difference + half }
}

/** A series (value a window) by Welch: fails when the candidate's mean is above stable's by more than the tolerance. */
export function judgeSeries(
  candidate: readonly number[],
  stable: readonly number[],
  { tolerance, confidence, minimum }: BaselineOptions,
): { verdict: Verdict; test: Welch | null; threshold: number } {
  const test = welch(candidate.filter(Number.isFinite), stable.filter(Number.isFinite), confidence)
  const threshold = test ? Math.abs(moments(stable.filter(Number.isFinite)).mean) * tolerance : 0
  if (!test) return { verdict: candidate.some(Number.isFinite) ? 'inconclusive' : 'no-data', test, threshold }
  if (candidate.length < minimum) return { verdict: 'inconclusive', test, threshold }
  return { verdict: verdictOf(test, threshold), test, threshold }
}

/** The mean, and the variance of the mean. */
function moments(values: readonly number[]): { mean: number; ofMean: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, ofMean: squares / (values.length - 1) / values.length }
}
