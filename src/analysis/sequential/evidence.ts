import type { Measurement } from '../judge.ts'
import { logMeanExp, logSumExp } from '../log-space.ts'
import { addCounts, type Counts, isCountable, noCounts } from './counts.ts'
import { logAboveFloor, logBelowFloor } from './floor.ts'
import { addLateOnset, lateOnsetEvidence, noLateOnset } from './late-onset.ts'
import { countOf, slowerThan } from './latency.ts'
import { addScores, logEvidence, noScores, promoteMixture, rollbackMixture } from './mixture.ts'
import { defaultBound, defaultTolerance, limitsOf, type SequentialMetric, type SequentialOptions } from './options.ts'

/** One pair of counts that is compared: a metric of errors has one, of latency one for each edge. */
export interface Comparison {
  /** Intervals that were compared, which the late-onset mixture begins anew by. */
  intervals: number
  totals: Counts
  rollback: readonly number[]
  promote: readonly number[]
}

export interface MetricEvidence {
  comparisons: readonly Comparison[]
  /** Once certified, it stays so. */
  certified: boolean
}

export type Decision = 'continue' | 'rollback' | 'promote'

/** Everything that a look needs to know of the looks before it: plain, deterministic, for a heartbeat (`pack.ts`). */
export interface Evidence {
  /** Index of the first window that is not in it yet. */
  next: number
  metrics: readonly MetricEvidence[]
  /** Once it is not `continue`, it stays. */
  decision: Decision
}

export function noEvidence({ metrics, bound = defaultBound }: SequentialOptions): Evidence {
  const comparison = (tolerance: number, lateOnset: boolean): Comparison => ({
    intervals: 0,
    totals: noCounts,
    rollback: lateOnset ? noLateOnset(rollbackMixture(tolerance)).scores : noScores(rollbackMixture(tolerance)),
    promote: noScores(promoteMixture(bound)),
  })
  return {
    next: 0,
    decision: 'continue',
    metrics: metrics.map(({ kind, edges = [], tolerance = defaultTolerance, lateOnset = false }) => ({
      comparisons: (kind === 'errors' ? [0] : edges).map(() => comparison(tolerance, lateOnset)),
      certified: false,
    })),
  }
}

/**
 * One more look. A window that was consumed already (by its index) adds nothing, so a retried activity counts nothing
 * twice; neither does one that is missing on a side or cannot be true. `options` must be those that `evidence` began
 * with.
 */
export function addWindow(evidence: Evidence, window: Measurement, options: SequentialOptions): Evidence {
  if (window.index < evidence.next) return evidence
  const metrics = options.metrics.map((metric, i) => addToMetric(evidence.metrics[i], window, metric, options))
  const added = { ...evidence, metrics, next: window.index + 1 }
  return evidence.decision === 'continue' ? { ...added, decision: decide(added, options) } : added
}

function addToMetric(
  before: MetricEvidence | undefined,
  window: Measurement,
  metric: SequentialMetric,
  options: SequentialOptions,
): MetricEvidence {
  const harm = rollbackMixture(metric.tolerance ?? defaultTolerance)
  const health = promoteMixture(options.bound ?? defaultBound)
  const counts = countsOf(window, metric)
  const comparisons = (before?.comparisons ?? []).map((comparison, i): Comparison => {
    const added = counts[i]
    if (!added || !isCountable(added)) return comparison
    const { intervals, rollback, totals } = comparison
    return {
      intervals: intervals + 1,
      totals: addCounts(totals, added),
      rollback: metric.lateOnset
        ? addLateOnset({ intervals, scores: rollback }, harm, added, metric.dispersion).scores
        : addScores(rollback, harm, added, metric.dispersion),
      promote: addScores(comparison.promote, health, added, metric.dispersion),
    }
  })
  const certified =
    before?.certified || logHealth({ comparisons, certified: false }, metric) >= limitsOf(options).promote
  return { comparisons, certified }
}

function countsOf({ candidate, stable }: Measurement, { kind, edges = [] }: SequentialMetric): Counts[] {
  if (!candidate || !stable) return []
  if (kind === 'errors') {
    return [
      {
        candidateEvents: candidate.errors,
        candidateRequests: candidate.requests,
        stableEvents: stable.errors,
        stableRequests: stable.requests,
      },
    ]
  }
  const buckets = [...candidate.latency, ...stable.latency]
  if (buckets.some(({ count }) => !(count >= 0))) return []
  return edges.map((edge) => ({
    candidateEvents: slowerThan(candidate.latency, edge),
    candidateRequests: countOf(candidate.latency),
    stableEvents: slowerThan(stable.latency, edge),
    stableRequests: countOf(stable.latency),
  }))
}

/** ln E of harm: the mean over a metric's comparisons; with a floor, the smaller of relative and absolute. */
export function logHarm({ comparisons }: MetricEvidence, metric: SequentialMetric): number {
  const { floor, dispersion = 1, lateOnset } = metric
  if (comparisons.length === 0) return 0
  const each = comparisons.map(({ intervals, rollback, totals }) => {
    const relative = lateOnset ? lateOnsetEvidence({ intervals, scores: rollback }) : logEvidence(rollback)
    if (floor === undefined) return relative
    return Math.min(relative, logAboveFloor(totals.candidateEvents, totals.candidateRequests, floor, dispersion))
  })
  return logMeanExp(each)
}

/** ln E of health: the weakest of a metric's comparisons, as each must hold; with a floor, either way will do. */
export function logHealth({ comparisons }: MetricEvidence, { floor }: SequentialMetric): number {
  if (comparisons.length === 0) return 0
  const each = comparisons.map(({ promote, totals }) => {
    const relative = logEvidence(promote)
    if (floor === undefined) return relative
    return logMeanExp([relative, logBelowFloor(totals.candidateEvents, totals.candidateRequests, floor)])
  })
  return Math.min(...each)
}

/** ln E of harm over all metrics: the weighted mean of their E's. */
export function logHarmOfAll(evidence: Evidence, { metrics }: SequentialOptions): number {
  const total = metrics.reduce((sum, { weight = 1 }) => sum + weight, 0)
  return logSumExp(
    metrics.flatMap((metric, i) => {
      const of = evidence.metrics[i]
      const share = (metric.weight ?? 1) / total
      return of && share > 0 ? [Math.log(share) + logHarm(of, metric)] : []
    }),
  )
}

function decide(evidence: Evidence, options: SequentialOptions): Decision {
  if (logHarmOfAll(evidence, options) >= limitsOf(options).rollback) return 'rollback'
  return evidence.metrics.length > 0 && evidence.metrics.every(({ certified }) => certified) ? 'promote' : 'continue'
}
