/**
 * ln Λ of the mixture sequential probability ratio test for a difference of means with a normal prior
 * (Johari, Pekelis & Walsh, "Always valid inference", 2015):
 * ½·ln(σ²/(σ² + nτ²)) + n²τ²Δ² / (2σ²(σ² + nτ²)).
 *
 * @param n pairs of observations
 * @param difference Δ, of the two means
 * @param variance σ², of the difference of one pair
 * @param priorVariance τ², of the true difference
 */
export function logMixtureRatio(n: number, difference: number, variance: number, priorVariance: number): number {
  const total = variance + n * priorVariance
  return 0.5 * Math.log(variance / total) + (n ** 2 * priorVariance * difference ** 2) / (2 * variance * total)
}
