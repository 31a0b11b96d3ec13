import type { SideCounts } from '../judge.ts'

/** Requests per latency bucket, not cumulative; `le` in milliseconds, null for the last, ascending. */
export type Buckets = SideCounts['latency']

/** Quantiles whose nearest edges are watched. */
const watched = [0.5, 0.9, 0.99]

/**
 * The histogram edges (ms) nearest the stable release's p50, p90 and p99, nearest in the logarithm of the share of
 * requests above them; an edge that nothing was above is never chosen. To be fixed before the canary starts: edges
 * chosen from the data that they then judge prove nothing. Empty where there were no requests.
 */
export function edgesNear(stable: Buckets): number[] {
  const total = countOf(stable)
  const edges = stable.flatMap(({ le }) => (le === null ? [] : [{ le, above: slowerThan(stable, le) / total }]))
  const usable = edges.filter(({ above }) => above > 0)
  const nearest = watched.flatMap((quantile) => {
    const distance = (above: number) => Math.abs(Math.log(above / (1 - quantile)))
    const [first] = usable.toSorted((a, b) => distance(a.above) - distance(b.above))
    return first ? [first.le] : []
  })
  return [...new Set(nearest)]
}

/** Requests slower than an edge of the histogram (ms). */
export const slowerThan = (buckets: Buckets, edge: number) =>
  countOf(buckets.filter(({ le }) => le === null || le > edge))

export const countOf = (buckets: Buckets) => buckets.reduce((sum, { count }) => sum + count, 0)
