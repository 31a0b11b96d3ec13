import type { Counts } from './counts.ts'
import type { Comparison, Decision, Evidence } from './evidence.ts'

/**
 * Evidence as a heartbeat carries it, under 16 KiB for ten metrics of latency. Numbers are the upper 48 bits of
 * 64-bit floats, rounded, as base64: within 10⁻¹¹ of what they were, and exactly themselves when packed again.
 */
export interface PackedEvidence {
  next: number
  decision: Decision
  metrics: { certified: boolean; comparisons: PackedComparison[] }[]
}

interface PackedComparison {
  /** Intervals; candidate's events and requests, stable's events and requests. */
  totals: [number, number, number, number, number]
  /** Of both mixtures, which have the same number of alternatives. */
  scores: string
}

export function packEvidence({ next, decision, metrics }: Evidence): PackedEvidence {
  return {
    next,
    decision,
    metrics: metrics.map(({ certified, comparisons }) => ({ certified, comparisons: comparisons.map(pack) })),
  }
}

export function unpackEvidence({ next, decision, metrics }: PackedEvidence): Evidence {
  return {
    next,
    decision,
    metrics: metrics.map(({ certified, comparisons }) => ({ certified, comparisons: comparisons.map(unpack) })),
  }
}

/** Bytes that are kept of a float's eight: 36 bits of its mantissa. */
const width = 6

function pack({ intervals, totals, rollback, promote }: Comparison): PackedComparison {
  const scores = [...rollback, ...promote]
  const bytes = Buffer.alloc(scores.length * width)
  const float = Buffer.alloc(8)
  scores.forEach((score, i) => {
    float.writeDoubleBE(score)
    const half = float.readUInt8(width) >> 7
    bytes.writeUIntBE(float.readUIntBE(0, width) + half, i * width, width)
  })
  const { candidateEvents, candidateRequests, stableEvents, stableRequests } = totals
  return {
    totals: [intervals, candidateEvents, candidateRequests, stableEvents, stableRequests],
    scores: bytes.toString('base64'),
  }
}

function unpack({ totals, scores }: PackedComparison): Comparison {
  const bytes = Buffer.from(scores, 'base64')
  const float = Buffer.alloc(8)
  const all = Array.from({ length: bytes.length / width }, (_, i) => {
    bytes.copy(float, 0, i * width, (i + 1) * width)
    return float.readDoubleBE()
  })
  const [intervals, candidateEvents, candidateRequests, stableEvents, stableRequests] = totals
  const counts: Counts = { candidateEvents, candidateRequests, stableEvents, stableRequests }
  const half = all.length / 2
  return { intervals, totals: counts, rollback: all.slice(0, half), promote: all.slice(half) }
}
