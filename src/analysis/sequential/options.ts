/** One metric of the sequential judge. Its weight is its part of α; weights are scaled to sum to 1. */
export interface SequentialMetric {
  name: string
  kind: 'errors' | 'latency'
  /** How much worse the candidate may be: 0.25 = a quarter more errors, or requests over an edge. */
  tolerance?: number
  weight?: number
  /** Latency: histogram edges in ms, from `edgesNear` before the canary. */
  edges?: readonly number[]
  /** φ̂ of the stable release before the canary, from `dispersion`. */
  dispersion?: number
  /** A rate (share of requests) below which nothing is harm, however much it grew. */
  floor?: number
  /**
   * Begin anew again and again beside the evidence of the whole (`late-onset.ts`): harm that begins after a long
   * healthy time is seen several times sooner. What it costs: evidence then depends a little on how windows are cut.
   */
  lateOnset?: boolean
}

export interface SequentialOptions {
  metrics: readonly SequentialMetric[]
  /** The chance of ever rolling back a release that is within tolerance. */
  alpha?: number
  /** The chance of ever promoting one that is `bound` times as bad. */
  beta?: number
  /** ψ_b: promoted is what is certainly not this many times as bad. */
  bound?: number
}

/** Absorbs what drifts between the two sides for reasons of their own. */
export const defaultTolerance = 0.25
export const defaultBound = 2
export const defaultError = 0.05

/** ln(1/α) and ln(1/β): the evidence that decides. */
export const limitsOf = ({ alpha = defaultError, beta = defaultError }: SequentialOptions) => ({
  rollback: -Math.log(alpha),
  promote: -Math.log(beta),
})
