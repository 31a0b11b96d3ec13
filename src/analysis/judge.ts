/**
 * The seam between measurements and decisions. A judge is a pure function of measurements and options; it knows
 * neither where they come from nor what its verdict does.
 */

/** `no-data` is not a pass; `inconclusive` is neither pass nor fail. */
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'no-data'

/** What one release did during one disjoint window. */
export interface SideCounts {
  requests: number
  errors: number
  /** Requests per latency bucket, not cumulative; `le` in milliseconds, null for the last. */
  latency: { le: number | null; count: number }[]
}

/** Both sides during the same window: concurrent, never before and after. */
export interface Measurement {
  /** Ordinal of the window; a window is keyed by it and never rewritten. */
  index: number
  from: string
  to: string
  stable: SideCounts | null
  candidate: SideCounts | null
}

export interface Judgement {
  verdict: Verdict
  /** One line a metric, for people. */
  evidence: string[]
}
