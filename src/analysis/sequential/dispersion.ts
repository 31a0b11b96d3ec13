/** Intervals of the stable release before the canary that its dispersion is estimated from. */
export const dispersionIntervals = 60

/**
 * How much burstier than independent errors the stable release's are: φ̂ = max(1, Pearson's dispersion
 * Σ (k − n·p̂)² / (n·p̂·(1 − p̂)) / (m − 1) over the last m ≤ 60 intervals, at the upper 95 % end of its own error,
 * ·(1 + 1.645·√(2/m))). Score increments are divided by it. 1 where nothing can be estimated.
 *
 * @param intervals of the stable release before the canary, oldest first
 */
export function dispersion(intervals: readonly { events: number; requests: number }[]): number {
  const usable = intervals
    .filter(({ events, requests }) => requests > 0 && Number.isFinite(requests) && events >= 0 && events <= requests)
    .slice(-dispersionIntervals)
  const requests = usable.reduce((sum, each) => sum + each.requests, 0)
  const rate = usable.reduce((sum, each) => sum + each.events, 0) / requests
  if (usable.length < 2 || !(rate > 0 && rate < 1)) return 1
  const pearson = usable.reduce((sum, each) => sum + (each.events - each.requests * rate) ** 2 / each.requests, 0)
  const estimate = pearson / (rate * (1 - rate)) / (usable.length - 1)
  return Math.max(1, estimate * (1 + 1.645 * Math.sqrt(2 / usable.length)))
}
