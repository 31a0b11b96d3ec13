import { clopperPearson } from '../baseline.ts'
import type { Counts } from '../sequential/counts.ts'
import { addLateOnset, lateOnsetEvidence, noLateOnset } from '../sequential/late-onset.ts'
import { addScores, type Mixture, noScores, pricesOf, reaches } from '../sequential/mixture.ts'
import type { Random } from './draws.ts'

/** Simulated canaries, each looked at after every interval by the process that judges real ones. */
export interface Trial {
  mixture: Mixture
  /** ln(1/α). */
  limit: number
  looks: number
  /** What happened in the interval of that look: one pair of counts for each comparison whose E's are averaged. */
  interval: (look: number, random: Random) => readonly Counts[]
  /** φ̂ of one run, estimated before its canary. */
  dispersion?: (random: Random) => number
  /** Judge by the late-onset mixture; of one comparison only. */
  lateOnset?: boolean
}

/** Prices by the requests of both sides: most intervals of a simulation have the same, and logarithms are its cost. */
type Prices = Map<number, readonly number[]>

/** The look (from 1) at which a run's evidence first reaches the limit; null where it never does. */
export function firstLook(trial: Trial, random: Random, prices: Prices = new Map()): number | null {
  const { mixture, limit, looks, interval } = trial
  if (trial.lateOnset) return firstLateLook(trial, random)
  const spread = trial.dispersion?.(random) ?? 1
  let scores: readonly (readonly number[])[] = []
  for (let look = 1; look <= looks; look++) {
    scores = interval(look, random).map((counts, i) =>
      addScores(scores[i] ?? noScores(mixture), mixture, counts, spread, priced(prices, mixture, counts)),
    )
    const [only = [], ...others] = scores
    if (reaches(others.length === 0 ? only : scores.flat(), limit)) return look
  }
  return null
}

function firstLateLook({ mixture, limit, looks, interval }: Trial, random: Random): number | null {
  let state = noLateOnset(mixture)
  for (let look = 1; look <= looks; look++) {
    const [counts] = interval(look, random)
    if (counts) state = addLateOnset(state, mixture, counts)
    // The mean of what has begun is at most its greatest part, and what is still to come at most a half.
    if (state.scores.some((score) => score >= limit - 1) && lateOnsetEvidence(state) >= limit) return look
  }
  return null
}

function priced(prices: Prices, mixture: Mixture, { candidateRequests, stableRequests }: Counts): readonly number[] {
  const key = candidateRequests * 2 ** 26 + stableRequests
  const known = prices.get(key) ?? pricesOf(mixture, candidateRequests, stableRequests)
  prices.set(key, known)
  return known
}

export function firstLooks(trial: Trial, runs: number, random: Random): (number | null)[] {
  const prices: Prices = new Map()
  return Array.from({ length: runs }, () => firstLook(trial, random, prices))
}

/** How many of the runs decided, and up to what share that is certain at 95 % (one-sided, exact). */
export function decided(looks: readonly (number | null)[]): { share: number; upper: number } {
  const hits = looks.filter((look) => look !== null).length
  return { share: hits / looks.length, upper: clopperPearson(hits, looks.length, 0.9).upper }
}

/** The median look; runs that never decided are later than all. */
export function medianLook(looks: readonly (number | null)[]): number {
  const sorted = looks.map((look) => look ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.POSITIVE_INFINITY
}
