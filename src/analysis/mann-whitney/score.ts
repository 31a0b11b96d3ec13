import type { Verdict } from '../judge.ts'
import type { Classified } from './classify.ts'

export interface ScoredMetric extends Classified {
  name: string
  group: string
  mustHaveData?: boolean
}

export interface ScoreOptions {
  /** Percent per group; groups without one share what is left of 100 evenly. */
  weights?: Readonly<Record<string, number>>
  /** Scores from which it passes, and from which it is marginal (inconclusive). */
  pass?: number
  marginal?: number
}

export interface Score {
  score: number
  groups: Record<string, number>
  verdict: Verdict
  reason: string
}

/**
 * Kayenta's score: a group has 100·pass/(pass + high + low + failed for want of data), one without data 100, and the
 * whole is their weighted mean. A critical metric that did not pass makes it 0, and so does missing data in half of
 * the metrics or more. Errors count as data that is missing, and a group of nothing but errors has 0.
 */
export function score(metrics: readonly ScoredMetric[], options: ScoreOptions = {}): Score {
  const { pass = 95, marginal = 75 } = options
  const byGroup = new Map<string, ScoredMetric[]>()
  for (const metric of metrics) byGroup.set(metric.group, [...(byGroup.get(metric.group) ?? []), metric])
  const groups = Object.fromEntries([...byGroup].map(([name, members]) => [name, groupScore(members)]))
  const zero = (verdict: Verdict, reason: string): Score => ({ score: 0, groups, verdict, reason })

  const critical = metrics.find((metric) => metric.critical)
  if (critical)
    return zero(
      critical.classification === 'no-data' ? 'no-data' : 'fail',
      `${critical.name} is critical: ${critical.reason}`,
    )
  const without = metrics.filter(({ classification }) => classification === 'no-data' || classification === 'error')
  if (without.length * 2 >= metrics.length) {
    return zero('no-data', `${without.length} of ${metrics.length} metrics have no data`)
  }

  const weights = weightsOf([...byGroup.keys()], options.weights ?? {})
  const total = [...byGroup.keys()].reduce(
    (sum, name) => sum + ((groups[name] ?? 0) * (weights.get(name) ?? 0)) / 100,
    0,
  )
  const verdict: Verdict = total >= pass ? 'pass' : total >= marginal ? 'inconclusive' : 'fail'
  return { score: total, groups, verdict, reason: `score ${Number(total.toFixed(2))}, passes from ${pass}` }
}

function groupScore(members: readonly ScoredMetric[]): number {
  const counted = members.filter(
    ({ classification, mustHaveData }) =>
      classification === 'pass' ||
      classification === 'high' ||
      classification === 'low' ||
      (classification === 'no-data' && mustHaveData),
  )
  if (counted.length === 0) return members.some(({ classification }) => classification === 'error') ? 0 : 100
  return (100 * counted.filter(({ classification }) => classification === 'pass').length) / counted.length
}

function weightsOf(groups: readonly string[], given: Readonly<Record<string, number>>): Map<string, number> {
  const taken = groups.reduce((sum, name) => sum + (given[name] ?? 0), 0)
  const others = groups.filter((name) => given[name] === undefined).length
  return new Map(groups.map((name) => [name, given[name] ?? Math.max(0, 100 - taken) / others]))
}
