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
  const quietly = <T>(wanted: Promise<T> | undefined) => (wanted ?? Promise.resolve(null)).catch(() => null)
  return async () => {
    const [observed, report] = await Promise.all([
      quietly(platform?.observe(target)),
      quietly(platform?.traffic?.(target)),
    ])
    first ??= report
    return { observed, traffic: report && first && countedSince(first, report) }
  }
}

/** Requests and errors since an earlier report; a release that was not in it counts from its beginning. Pure. */
export function countedSince(first: TrafficReport, report: TrafficReport): Counted {
  return Object.fromEntries(
    Object.entries(report.releases).map(([id, now]) => {
      const before = first.releases[id]
      const same = before?.since === now.since ? before : { requests: 0, errors: 0 }
      return [id, { requests: now.requests - same.requests, errors: now.errors - same.errors }]
    }),
  )
}
