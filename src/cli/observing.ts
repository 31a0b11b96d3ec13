/** What the platform says beside the workflows: weights in force, instances, traffic. Never a reason to fail. */
import type { Platform, TargetState, TrafficReport } from '../platforms/port.ts'
import type { Target } from '../spec/index.ts'
import type { Counted } from './live-view.ts'

export interface Observed {
  observed: TargetState | null
  /** Since the first look. */
  traffic: Counted | null
}

/** Looks at a target again and again; a platform that can't be reached from here is seen as nothing. */
export function createObserver(platform: Platform | null, target: Target): () => Promise<Observed> {
  let first: TrafficReport | null = null
  let before: TrafficReport | null = null
  const quietly = <T>(wanted: Promise<T> | undefined) => (wanted ?? Promise.resolve(null)).catch(() => null)
  return async () => {
    const [observed, report] = await Promise.all([
      quietly(platform?.observe(target)),
      quietly(platform?.traffic?.(target)),
    ])
    first ??= report
    const traffic = report && first && countedSince(first, report, before ?? report)
    before = report ?? before
    return { observed, traffic }
  }
}

/**
 * Requests and errors since the first report, and requests a second since the last one; a release that was not in a
 * report, or whose counters began anew, counts from its beginning. Pure.
 */
export function countedSince(first: TrafficReport, now: TrafficReport, last: TrafficReport = now): Counted {
  const seconds = (Date.parse(now.at) - Date.parse(last.at)) / 1000
  return Object.fromEntries(
    Object.entries(now.releases).map(([id, counters]) => {
      const since = (report: TrafficReport) => {
        const earlier = report.releases[id]
        return earlier?.since === counters.since ? earlier : { requests: 0, errors: 0 }
      }
      const requests = counters.requests - since(first).requests
      const errors = counters.errors - since(first).errors
      if (!(seconds > 0)) return [id, { requests, errors }]
      return [id, { requests, errors, perSecond: (counters.requests - since(last).requests) / seconds }]
    }),
  )
}
