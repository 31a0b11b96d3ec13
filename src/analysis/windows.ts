import type { Measurement, SideCounts } from './judge.ts'

/** Whether the numbers can be true. What cannot is no measurement; it is never a pass. */
export function isUsable({ requests, errors, latency }: SideCounts): boolean {
  const count = (value: number) => Number.isFinite(value) && value >= 0
  return count(requests) && count(errors) && errors <= requests && latency.every((bucket) => count(bucket.count))
}

/** Both together. Buckets are matched by their edges. */
export function addSides(a: SideCounts, b: SideCounts): SideCounts {
  const edges = new Map<number | null, number>()
  for (const { le, count } of [...a.latency, ...b.latency]) edges.set(le, (edges.get(le) ?? 0) + count)
  const latency = [...edges].map(([le, count]) => ({ le, count }))
  latency.sort((x, y) => (x.le ?? Number.POSITIVE_INFINITY) - (y.le ?? Number.POSITIVE_INFINITY))
  return { requests: a.requests + b.requests, errors: a.errors + b.errors, latency }
}

/**
 * At most `most` windows, the oldest of them joined into one: sums stay exact while what a heartbeat carries stays
 * small, however long a step waits for a person.
 */
export function foldOldest(windows: readonly Measurement[], most: number): Measurement[] {
  if (windows.length <= most) return [...windows]
  const old = windows.slice(0, windows.length - most + 1)
  return [old.reduce(join), ...windows.slice(old.length)]
}

function join(a: Measurement, b: Measurement): Measurement {
  const both = (x: SideCounts | null, y: SideCounts | null) => (x && y ? addSides(x, y) : (x ?? y))
  return {
    index: a.index,
    from: a.from,
    to: b.to,
    stable: both(a.stable, b.stable),
    candidate: both(a.candidate, b.candidate),
  }
}
