/**
 * How large the difference is, apart from whether it is certain: candidate's mean over stable's. Equal means are 1,
 * also two zeros; any mean over zero is infinite.
 */
export function ratioOfMeans(candidate: readonly number[], stable: readonly number[]): number {
  const [over, under] = [mean(candidate), mean(stable)]
  return over === under ? 1 : over / under
}

/** Common-language effect size: the chance that a value of the candidate is above one of stable, ties half. */
export function commonLanguage(u: number, n: number, m: number): number {
  return u / (n * m)
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Linear interpolation between order statistics (Hyndman & Fan's type 7). */
export function percentile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? low
  return low + (high - low) * (at - Math.floor(at))
}

/** Without what lies outside both the 3·IQR fence and p1…p99. */
export function withoutOutliers(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b)
  const [q1, q3] = [percentile(sorted, 0.25), percentile(sorted, 0.75)]
  const low = Math.min(q1 - 3 * (q3 - q1), percentile(sorted, 0.01))
  const high = Math.max(q3 + 3 * (q3 - q1), percentile(sorted, 0.99))
  return values.filter((value) => value >= low && value <= high)
}
