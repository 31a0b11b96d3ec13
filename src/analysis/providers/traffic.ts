import type { TrafficCounters, TrafficReport } from '../../platforms/port.ts'
import type { Measurement, SideCounts } from '../judge.ts'

export interface WindowOptions {
  /** Ids of the releases on the two sides; empty where there is none. */
  stable: string
  candidate: string
  index: number
}

/**
 * The window between two reports of cumulative counters. Pure, so the same two reports are the same window again
 * after a crash. A counter that was reset (a new `since`, or a smaller number) counts from zero; a release that the
 * later report does not name is null: nothing is known of it, which is not the same as no requests.
 */
export function windowBetween(before: TrafficReport, after: TrafficReport, options: WindowOptions): Measurement {
  const side = (id: string) => {
    const now = after.releases[id]
    return now ? since(before.releases[id], now) : null
  }
  return {
    index: options.index,
    from: before.at,
    to: after.at,
    stable: side(options.stable),
    candidate: side(options.candidate),
  }
}

function since(before: TrafficCounters | undefined, now: TrafficCounters): SideCounts {
  const start = before && !wasReset(before, now) ? before : null
  const cumulative = now.latency.map(({ le, count }, i) => ({ le, count: count - (start?.latency[i]?.count ?? 0) }))
  return {
    requests: now.requests - (start?.requests ?? 0),
    errors: now.errors - (start?.errors ?? 0),
    latency: cumulative.map(({ le, count }, i) => ({ le, count: count - (cumulative[i - 1]?.count ?? 0) })),
  }
}

function wasReset(before: TrafficCounters, now: TrafficCounters): boolean {
  return (
    before.since !== now.since ||
    now.requests < before.requests ||
    now.errors < before.errors ||
    now.latency.length !== before.latency.length ||
    now.latency.some(({ le, count }, i) => le !== before.latency[i]?.le || count < (before.latency[i]?.count ?? 0))
  )
}
