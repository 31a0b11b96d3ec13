import type { AnalysisSpec, MetricSpec } from '../spec/model.ts'
import type { Judgement, Measurement, SideCounts, Verdict } from './judge.ts'
import { addSides, isUsable } from './windows.ts'

/** How the two sides are called in evidence. */
export interface SideNames {
  stable: string
  candidate: string
}

/** Of a side's requests, how many are certainly and how many are possibly over a metric's limit. */
interface Over {
  requests: number
  certainly: number
  possibly: number
}

interface MetricJudgement {
  verdict: Verdict
  line: string
}

const severity: readonly Verdict[] = ['fail', 'inconclusive', 'no-data', 'pass']
/** Latency is judged at the 99th percentile: one request in a hundred may be over the limit. */
const slowShare = 0.01

/**
 * The plain threshold judge: the candidate against fixed limits, each metric over all windows together. Pure.
 *
 * A metric fails when the requests over its limit are too many even if every one still missing to `minRequests`
 * were well (so obvious harm is seen at once, and one early error is not harm), or when more than `failureLimit`
 * windows that each have `minRequests` are over the limit (so harm that begins late does not hide behind a good
 * past). It passes only with enough requests. The whole is its worst metric; that one's evidence comes first.
 */
export function judgeThreshold(
  measurements: readonly Measurement[],
  spec: AnalysisSpec,
  names: SideNames = { stable: 'stable', candidate: 'candidate' },
): Judgement {
  if (spec.metrics.length === 0) return { verdict: 'no-data', evidence: ['there is nothing to measure'] }
  const judged = spec.metrics
    .map((metric) => judgeMetric(measurements, metric, spec, names))
    .sort((a, b) => severity.indexOf(a.verdict) - severity.indexOf(b.verdict))
  return { verdict: judged[0]?.verdict ?? 'no-data', evidence: judged.map(({ line }) => line) }
}

function judgeMetric(
  measurements: readonly Measurement[],
  metric: MetricSpec,
  { minRequests, failureLimit }: AnalysisSpec,
  names: SideNames,
): MetricJudgement {
  const candidates = usable(measurements.map(({ candidate }) => candidate))
  const pooled = candidates.reduce(addSides, nothing)
  const over = overLimit(pooled, metric)
  const described = describe(
    metric,
    pooled,
    usable(measurements.map(({ stable }) => stable)).reduce(addSides, nothing),
    names,
  )
  const say = (verdict: Verdict, why?: string): MetricJudgement => ({
    verdict,
    line: why === undefined ? described : `${described}; ${why}`,
  })

  if (over.requests === 0) return say('no-data', `no requests on ${names.candidate}`)
  const share = allowed(metric)
  if (over.certainly / Math.max(over.requests, minRequests) > share) return say('fail')
  const bad = candidates
    .map((window) => overLimit(window, metric))
    .filter((window) => window.requests > 0 && window.requests >= minRequests)
    .filter((window) => window.certainly / window.requests > share).length
  if (bad > failureLimit) return say('fail', `${bad} measurements over the limit, ${failureLimit} tolerated`)
  if (over.requests < minRequests)
    return say('inconclusive', `${over.requests} of ${minRequests} requests needed to judge`)
  if (over.possibly / over.requests > share) return say('inconclusive', 'the buckets are too coarse to tell')
  return say('pass')
}

const nothing: SideCounts = { requests: 0, errors: 0, latency: [] }
const usable = (sides: readonly (SideCounts | null)[]) => sides.filter((side) => side !== null).filter(isUsable)
const allowed = (metric: MetricSpec) => (metric.kind === 'errors' ? metric.max : slowShare)

function overLimit(side: SideCounts, metric: MetricSpec): Over {
  if (metric.kind === 'errors') return { requests: side.requests, certainly: side.errors, possibly: side.errors }
  const over: Over = { requests: 0, certainly: 0, possibly: 0 }
  let lower = 0
  for (const { le, count } of side.latency) {
    const upper = le ?? Number.POSITIVE_INFINITY
    over.requests += count
    if (upper > metric.max) over.possibly += count
    if (lower >= metric.max) over.certainly += count
    lower = upper
  }
  return over
}

function describe(metric: MetricSpec, candidate: SideCounts, stable: SideCounts, names: SideNames): string {
  const sides = [
    { side: candidate, name: names.candidate },
    { side: stable, name: names.stable },
  ].filter(({ side, name }) => name === names.candidate || side.requests > 0)
  const say = metric.kind === 'errors' ? errorRate : slowest
  const limit = metric.kind === 'errors' ? percent(metric.max) : `${metric.max} ms`
  return `${metric.name} ${sides.map(({ side, name }) => `${say(side)} on ${name}`).join(', ')}; limit ${limit}`
}

const errorRate = ({ requests, errors }: SideCounts) =>
  requests === 0 ? 'unknown' : `${percent(errors / requests)} (${errors} of ${requests})`

/** The bucket that holds the 99th percentile. */
function slowest({ latency }: SideCounts): string {
  const requests = latency.reduce((sum, { count }) => sum + count, 0)
  if (requests === 0) return 'unknown'
  let seen = 0
  let lower = 0
  for (const { le, count } of latency) {
    seen += count
    if (seen >= requests * (1 - slowShare)) {
      return le === null ? `p99 over ${lower} ms` : `p99 ${lower} to ${le} ms`
    }
    lower = le ?? lower
  }
  return `p99 over ${lower} ms`
}

/** At most two significant digits after the point: `5.2 %`, `0.05 %`, `1 %`. */
function percent(share: number): string {
  const value = share * 100
  return `${Number(value >= 1 ? value.toFixed(1) : value.toPrecision(2))} %`
}
