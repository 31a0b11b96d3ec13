import normalCdf from '@stdlib/stats-base-dists-normal-cdf'
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'
import type { Interval } from '../baseline.ts'
import { midranks } from './ranks.ts'

export interface MannWhitney {
  /** Pairs in which x is greater, equal ones counting half. */
  u: number
  /** Asymptotic, with continuity correction: for a difference, and for x greater. */
  pTwoSided: number
  pGreater: number
}

/**
 * Mann & Whitney's test of x against y: midranks of both together, dz = R_x − n(n + 1)/2 − nm/2,
 * σ² = nm/12·[(N + 1) − Σ(t³ − t)/(N(N − 1))], z = (dz − ½·sgn dz)/σ. Both sides need a value.
 */
export function mannWhitney(x: readonly number[], y: readonly number[]): MannWhitney {
  const { ranks, ties } = midranks([...x, ...y])
  const u = ranks.slice(0, x.length).reduce((sum, rank) => sum + rank, 0) - (x.length * (x.length + 1)) / 2
  const dz = u - (x.length * y.length) / 2
  const sigma = deviation(x.length, y.length, ties)
  if (sigma === 0) return { u, pTwoSided: 1, pGreater: 1 }
  return {
    u,
    pTwoSided: Math.min(1, 2 * normalCdf(-(Math.abs(dz) - 0.5) / sigma, 0, 1)),
    pGreater: normalCdf(-(dz - 0.5) / sigma, 0, 1),
  }
}

function deviation(n: number, m: number, ties: number): number {
  const all = n + m
  return Math.sqrt(((n * m) / 12) * (all + 1 - ties / (all * (all - 1))))
}

/**
 * The exact two-sided p-value without ties: of all ways to put n among n + m places, how many have a U at least as
 * far from the middle. Counted by the recurrence of Mann & Whitney (1947).
 */
export function exactTwoSided(u: number, n: number, m: number): number {
  // ways[j]: partitions of j into at most i parts of at most m, built one part at a time (a Gaussian binomial).
  let ways = new Array<number>(n * m + 1).fill(0)
  ways[0] = 1
  for (let i = 1; i <= n; i++) ways = timesBinomialFactor(ways, m + i, i)
  const total = ways.reduce((sum, each) => sum + each, 0)
  const extreme = Math.max(u, n * m - u)
  return Math.min(1, (2 * ways.reduce((sum, each, at) => (at >= extreme ? sum + each : sum), 0)) / total)
}

/** Times (1 − q^up)/(1 − q^down), as series in q cut at the same length. */
function timesBinomialFactor(series: readonly number[], up: number, down: number): number[] {
  const result = series.map((each, j) => each - (j >= up ? (series[j - up] ?? 0) : 0))
  for (let j = down; j < result.length; j++) result[j] = (result[j] ?? 0) + (result[j - down] ?? 0)
  return result
}

export interface Shift extends Interval {
  /** Hodges & Lehmann's estimate of how far x lies above y: the median of all differences. */
  estimate: number
}

/**
 * How far x is above y, with the interval of all shifts μ that the test of (x − μ) against y does not reject: the
 * roots of z(μ) = ±z(1 − α/2) on [min x − max y, max x − min y]. z(μ) is a staircase that steps down at the
 * differences x_i − y_j, so its roots are differences: found by counting, exactly and in any unit, where a root search
 * with an absolute tolerance changes its verdict with the unit. A series that does not vary against another such is
 * compared directly.
 */
export function shift(x: readonly number[], y: readonly number[], confidence: number): Shift {
  const differences = Float64Array.from(x.flatMap((a) => y.map((b) => a - b))).sort()
  const pairs = differences.length
  const at = (i: number) => differences[Math.min(pairs - 1, Math.max(0, i))] ?? 0
  const estimate = (at(Math.floor((pairs - 1) / 2)) + at(Math.floor(pairs / 2))) / 2
  // Between two steps x − μ and y share no value: only ties within each of them are left.
  const sigma = deviation(x.length, y.length, midranks(x).ties + midranks(y).ties)
  if (sigma === 0) return { estimate, lower: at(0), upper: at(pairs - 1) }
  const limit = normalQuantile((1 + confidence) / 2, 0, 1)
  const z = (passed: number) => {
    const dz = pairs / 2 - passed
    return (dz - 0.5 * Math.sign(dz)) / sigma
  }
  return {
    estimate,
    lower: at(firstWhere(pairs, (passed) => z(passed) <= limit) - 1),
    upper: at(firstWhere(pairs, (passed) => z(passed) <= -limit) - 1),
  }
}

/** The least of 0…most of which the monotone condition holds; `most` where it never does. */
function firstWhere(most: number, holds: (n: number) => boolean): number {
  let [low, high] = [0, most]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
