/**
 * ln Σ e^x, shifted by the greatest so that nothing overflows. −∞ for an empty list.
 */
export function logSumExp(values: readonly number[]): number {
  const greatest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  if (!Number.isFinite(greatest)) return greatest
  let sum = 0
  for (const value of values) sum += Math.exp(value - greatest)
  return greatest + Math.log(sum)
}

/** ln of the mean of e^x. −∞ for an empty list. */
export const logMeanExp = (values: readonly number[]) =>
  values.length === 0 ? Number.NEGATIVE_INFINITY : logSumExp(values) - Math.log(values.length)

/** x·ln y with 0·ln 0 = 0, as a likelihood has it. */
export const timesLog = (x: number, y: number) => (x === 0 ? 0 : x * Math.log(y))
