import { clopperPearson } from '../baseline.ts'
import type { Counts } from '../sequential/counts.ts'
import { addScores, type Mixture, noScores, reaches } from '../sequential/mixture.ts'
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
}

/** The look (from 1) at which a run's evidence first reaches the limit; null where it never does. */
export function firstLook({ mixture, limit, looks, interval, dispersion }: Trial, random: Random): number | null {
  const spread = dispersion?.(random) ?? 1
  let scores: readonly (readonly number[])[] = []
  for (let look = 1; look <= looks; look++) {
    scores = interval(look, random).map((counts, i) =>
      addScores(scores[i] ?? noScores(mixture), mixture, counts, spread),
    )
    const [only = [], ...others] = scores
    if (reaches(others.length === 0 ? only : scores.flat(), limit)) return look
  }
  return null
}

export function firstLooks(trial: Trial, runs: number, random: Random): (number | null)[] {
  return Array.from({ length: runs }, () => firstLook(trial, random))
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
