import type { Judgement, Measurement, Verdict } from '../judge.ts'
import type { SideNames } from '../threshold.ts'
import type { Counts } from './counts.ts'
import { addWindow, type Evidence, logHarm, logHealth, type MetricEvidence, noEvidence } from './evidence.ts'
import { requestsUntil } from './forecast.ts'
import { ratioInterval } from './lindon-malek.ts'
import { promoteMixture, rollbackMixture } from './mixture.ts'
import {
  defaultBound,
  defaultError,
  defaultTolerance,
  limitsOf,
  type SequentialMetric,
  type SequentialOptions,
} from './options.ts'

/**
 * The default judge: valid at every look. Its chance of ever rolling back a release within tolerance is at most α,
 * and of ever passing one that is `bound` times as bad at most β, however often and however long it is looked at.
 * Pure; to go on from a heartbeat use `addWindow` and `describeEvidence`.
 */
export function judgeSequential(
  measurements: readonly Measurement[],
  options: SequentialOptions,
  names?: SideNames,
): Judgement {
  const evidence = measurements.reduce((all, window) => addWindow(all, window, options), noEvidence(options))
  return describeEvidence(evidence, options, names)
}

/** Verdict and one line a metric: both rates, their ratio with its interval, how far each decision is. */
export function describeEvidence(
  evidence: Evidence,
  options: SequentialOptions,
  names: SideNames = { stable: 'stable', candidate: 'candidate' },
): Judgement {
  const lines = options.metrics.flatMap((metric, i) => {
    const of = evidence.metrics[i]
    return of ? describeMetric(of, metric, options, names) : []
  })
  return {
    verdict: verdictOf(evidence),
    evidence: lines.length > 0 ? lines : ['there is nothing to measure'],
  }
}

function verdictOf({ decision, metrics }: Evidence): Verdict {
  if (decision === 'rollback') return 'fail'
  if (decision === 'promote') return 'pass'
  return metrics.some(({ comparisons }) => comparisons.some(({ totals }) => isCompared(totals)))
    ? 'inconclusive'
    : 'no-data'
}

const isCompared = ({ candidateRequests, stableRequests }: Counts) => candidateRequests > 0 && stableRequests > 0

function describeMetric(
  of: MetricEvidence,
  metric: SequentialMetric,
  options: SequentialOptions,
  names: SideNames,
): string[] {
  const limits = limitsOf(options)
  const harm = progress(logHarm(of, metric), limits.rollback)
  const health = of.certified ? 100 : progress(logHealth(of, metric), limits.promote)
  const sides = of.comparisons.map(({ totals }, i) => {
    const edge = metric.kind === 'latency' ? ` over ${metric.edges?.[i]} ms` : ''
    const { candidateEvents, candidateRequests, stableEvents, stableRequests } = totals
    return `${rate(candidateEvents, candidateRequests)}${edge} on ${names.candidate}, ${rate(stableEvents, stableRequests)} on ${names.stable}${ratio(totals, options)}`
  })
  const compared = of.comparisons.some(({ totals }) => isCompared(totals))
  if (!compared) return [`${metric.name}: no requests to compare`]
  const more = needed(of, metric, options)
  return [
    `${metric.name}: ${sides.join('; ')}; harm ${harm} %, health ${health} % of what decides${more === null ? '' : `, about ${more} more requests on ${names.candidate} at these rates`}`,
  ]
}

/** How far ln E is on its way to the limit, in percent. */
const progress = (logE: number, limit: number) => Math.round(100 * Math.min(1, Math.max(0, logE / limit)))

function ratio(totals: Counts, { alpha = defaultError }: SequentialOptions): string {
  const { candidateEvents: candidate, stableEvents: stable, candidateRequests, stableRequests } = totals
  if (!isCompared(totals) || candidate + stable === 0) return ''
  const share = candidateRequests / (candidateRequests + stableRequests)
  const { lower, upper } = ratioInterval({ candidate, stable, share }, alpha)
  return ` (ratio between ${lower.toPrecision(2)} and ${Number.isFinite(upper) ? upper.toPrecision(2) : 'anything'})`
}

/** Candidate requests until the nearer of the two decisions, at the rates so far. */
function needed(of: MetricEvidence, metric: SequentialMetric, options: SequentialOptions): number | null {
  if (of.certified) return null
  const limits = limitsOf(options)
  const harm = rollbackMixture(metric.tolerance ?? defaultTolerance)
  const health = promoteMixture(options.bound ?? defaultBound)
  const untilHarm = of.comparisons.map(({ rollback, totals }) =>
    requestsUntil(rollback, harm, totals, limits.rollback, metric.dispersion),
  )
  const untilHealth = of.comparisons.map(({ promote, totals }) =>
    requestsUntil(promote, health, totals, limits.promote, metric.dispersion),
  )
  const harmful = untilHarm.filter((each) => each !== null)
  const healthy = untilHealth.filter((each) => each !== null)
  const ways = [
    ...(harmful.length > 0 ? [Math.min(...harmful)] : []),
    ...(healthy.length === untilHealth.length ? [Math.max(...healthy)] : []),
  ].filter((each) => each > 0)
  return ways.length > 0 ? Math.min(...ways) : null
}

const rate = (events: number, requests: number) =>
  requests === 0
    ? 'nothing known'
    : `${Number(((100 * events) / requests).toPrecision(3))} % (${events} of ${requests})`
