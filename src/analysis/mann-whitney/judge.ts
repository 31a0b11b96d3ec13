import type { Judgement } from '../judge.ts'
import { type ClassifyOptions, classify } from './classify.ts'
import { type ScoreOptions, score } from './score.ts'

/** A metric as a series: one value a window, of both releases. */
export interface SeriesMetric extends ClassifyOptions {
  name: string
  /** Groups are weighted against each other; a metric without one is a group of its own. */
  group?: string
  candidate: readonly number[]
  stable: readonly number[]
}

/** Kayenta's judgement, for those who move from it: each metric classified, then scored. The score comes first. */
export function judgeMannWhitney(metrics: readonly SeriesMetric[], options: ScoreOptions = {}): Judgement {
  const classified = metrics.map((metric) => ({
    ...classify(metric.candidate, metric.stable, metric),
    name: metric.name,
    group: metric.group ?? metric.name,
    mustHaveData: metric.mustHaveData,
  }))
  const { verdict, reason } = score(classified, options)
  const lines = classified.map(
    (one) => `${one.name}: ${one.classification}${one.critical ? ', critical' : ''}; ${one.reason}`,
  )
  return { verdict, evidence: [reason, ...lines] }
}
