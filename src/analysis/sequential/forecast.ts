import type { Counts } from './counts.ts'
import { addScores, logEvidence, type Mixture, noScores } from './mixture.ts'

/**
 * Candidate requests until ln E reaches the limit, if both releases go on with the rates and the split that they had
 * so far; null when at these rates it never would.
 */
export function requestsUntil(
  scores: readonly number[],
  of: Mixture,
  totals: Counts,
  limit: number,
  dispersion = 1,
): number | null {
  if (logEvidence(scores) >= limit) return 0
  if (totals.candidateRequests === 0 || totals.stableRequests === 0) return null
  // The average growth of every score per candidate request, at the split measured over all.
  const growth = addScores(noScores(of), of, totals, dispersion).map((score) => score / totals.candidateRequests)
  if (growth.every((each) => each <= 0)) return null
  const after = (requests: number) => logEvidence(scores.map((score, i) => score + requests * (growth[i] ?? 0)))
  let enough = 1
  while (after(enough) < limit) enough *= 2
  let short = enough / 2
  while (enough - short > 0.5) {
    const middle = (enough + short) / 2
    if (after(middle) < limit) short = middle
    else enough = middle
  }
  return Math.ceil(enough)
}
