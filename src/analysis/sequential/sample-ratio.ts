import { logShareEvidence } from './lindon-malek.ts'

/**
 * Whether the router sends what it says: requests of both sides against the configured weight, as an e-process. A
 * change of weight begins a new section; evidence of sections multiplies, so nothing is forgotten.
 */
export interface SampleRatio {
  /** The candidate's configured share of the traffic in the section, 0 to 1. */
  share: number
  candidate: number
  stable: number
  /** ln E of the sections before. */
  before: number
}

export const noSampleRatio: SampleRatio = { share: 0, candidate: 0, stable: 0, before: 0 }

export function addSampleRatio(state: SampleRatio, share: number, candidate: number, stable: number): SampleRatio {
  const before = share === state.share ? state : { share, candidate: 0, stable: 0, before: logMismatch(state) }
  return { ...before, candidate: before.candidate + candidate, stable: before.stable + stable }
}

/** ln E against "the requests follow the weight". At 0 and 100 % there is nothing to compare. */
export function logMismatch({ share, candidate, stable, before }: SampleRatio): number {
  return before + (share > 0 && share < 1 ? logShareEvidence({ candidate, stable, share }) : 0)
}
