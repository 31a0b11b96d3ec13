import { logMeanExp } from '../log-space.ts'
import { rollbackMixture } from './mixture.ts'

/**
 * ln E against "the candidate's rate is at least `rate`": (1 − rate)^(−n) while it has no error, 0 once it has one.
 * With no errors on either side the ratio of the rates has no evidence; this has: 2,995 clean requests certify less
 * than 0.1 % at 95 %.
 */
export function logBelowFloor(events: number, requests: number, rate: number): number {
  return events > 0 ? Number.NEGATIVE_INFINITY : -requests * Math.log1p(-rate)
}

/** Requests without an error that certify a rate below `rate` at the error `beta`. */
export const cleanRequestsFor = (rate: number, beta: number) => Math.ceil(Math.log(beta) / Math.log1p(-rate))

const excess = rollbackMixture(0).ratios

/**
 * ln E against "the candidate's rate is at most `rate`": a mixture over rates ψ·rate of e^(k·ln ψ − n·rate·(ψ − 1)),
 * as E[ψ^k] ≤ e^(n·p·(ψ − 1)) for Bernoulli and Poisson events. "Relative and absolute" rolls back on the smaller of
 * this and the ratio's.
 */
export function logAboveFloor(events: number, requests: number, rate: number, dispersion = 1): number {
  return logMeanExp(excess.map((ratio) => (events * Math.log(ratio) - requests * rate * (ratio - 1)) / dispersion))
}
