import type { Counts } from './counts.ts'
import type { Comparison, Decision, Evidence } from './evidence.ts'

/** Evidence as a heartbeat carries it: scores as base64 of 64-bit floats, so nothing is lost and ten metrics fit. */
export interface PackedEvidence {
  next: number
  decision: Decision
  metrics: { certified: boolean; comparisons: { totals: [number, number, number, number]; scores: string }[] }[]
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

function pack({ totals, rollback, promote }: Comparison): PackedEvidence['metrics'][number]['comparisons'][number] {
  const scores = [...rollback, ...promote]
  const bytes = Buffer.alloc(scores.length * 8)
  scores.forEach((score, i) => {
    bytes.writeDoubleLE(score, i * 8)
  })
  const { candidateEvents, candidateRequests, stableEvents, stableRequests } = totals
  return {
    totals: [candidateEvents, candidateRequests, stableEvents, stableRequests],
    scores: bytes.toString('base64'),
  }
}

/** Both mixtures have the same number of alternatives. */
function unpack({ totals, scores }: { totals: [number, number, number, number]; scores: string }): Comparison {
  const bytes = Buffer.from(scores, 'base64')
  const all = Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(i * 8))
  const [candidateEvents, candidateRequests, stableEvents, stableRequests] = totals
  const counts: Counts = { candidateEvents, candidateRequests, stableEvents, stableRequests }
  return { totals: counts, rollback: all.slice(0, all.length / 2), promote: all.slice(all.length / 2) }
}
