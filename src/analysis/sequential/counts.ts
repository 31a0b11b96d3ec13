/**
 * What both releases did in one disjoint interval, at the same time. An event is what the metric counts: an error, or
 * a request slower than an edge. Counts as measured, never as the configured weight would have them.
 */
export interface Counts {
  candidateEvents: number
  candidateRequests: number
  stableEvents: number
  stableRequests: number
}

export const noCounts: Counts = { candidateEvents: 0, candidateRequests: 0, stableEvents: 0, stableRequests: 0 }

/** Whether the numbers can be true: finite, not negative, no more events than requests. What cannot adds nothing. */
export function isCountable({ candidateEvents, candidateRequests, stableEvents, stableRequests }: Counts): boolean {
  return isShare(candidateEvents, candidateRequests) && isShare(stableEvents, stableRequests)
}

const isShare = (events: number, requests: number) => events >= 0 && events <= requests && Number.isFinite(requests)

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    candidateEvents: a.candidateEvents + b.candidateEvents,
    candidateRequests: a.candidateRequests + b.candidateRequests,
    stableEvents: a.stableEvents + b.stableEvents,
    stableRequests: a.stableRequests + b.stableRequests,
  }
}
