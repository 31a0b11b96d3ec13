/**
 * What one side's two series say about a window. A release that has served requests and never failed has no error
 * series: that is zero errors. Without requests nothing is known, and a number that is no count is no zero.
 *
 * @param requests, errors in the window; null where the provider has no such series
 */
export function countsFrom(
  requests: number | null,
  errors: number | null,
): { requests: number; errors: number } | null {
  if (requests === null || !isCount(requests)) return null
  if (errors === null) return { requests, errors: 0 }
  return isCount(errors) && errors <= requests ? { requests, errors } : null
}

const isCount = (value: number) => Number.isFinite(value) && value >= 0

/** How much a cumulative counter grew from sample to sample. One that fell was reset, and counts from zero. */
export function increase(samples: readonly number[]): number {
  return samples.slice(1).reduce((sum, now, i) => sum + (now < (samples[i] ?? 0) ? now : now - (samples[i] ?? 0)), 0)
}
