/** Replica arithmetic. Pure; rounding as Kubernetes does it (apps/v1 Deployment: surge up, unavailable down). */
import type { CountOrPercent } from './model.ts'

/** A number or percent of a count of replicas, rounded up or down to a whole. Percents above 100 are allowed. */
export function countOf(value: CountOrPercent, replicas: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  const share = (Number.parseInt(value, 10) * replicas) / 100
  return round === 'up' ? Math.ceil(share) : Math.floor(share)
}

/** How far a rolling change may go above and below the wished-for count. */
export interface RollingBounds {
  surge: number
  unavailable: number
}

/**
 * Kubernetes' rule (`ResolveFenceposts`): surge rounds up, unavailable rounds down and is at most the count; where
 * both come to 0, one may be unavailable, since nothing could move otherwise.
 */
export function rollingBounds(
  options: { maxSurge: CountOrPercent; maxUnavailable: CountOrPercent },
  replicas: number,
): RollingBounds {
  const surge = countOf(options.maxSurge, replicas, 'up')
  const unavailable = countOf(options.maxUnavailable, replicas, 'down')
  if (surge === 0 && unavailable === 0) return { surge: 0, unavailable: 1 }
  return { surge, unavailable: Math.min(unavailable, replicas) }
}

export interface Split {
  stable: number
  candidate: number
}

/**
 * Divides a count of replicas so that the candidate's share is nearest to the weight (a tie goes up). Between 1 and
 * 99 percent each side has at least one where there are two or more; one replica can't be shared and stays with
 * the stable side.
 * @param weight percent on the candidate, 0 to 100
 */
export function splitReplicas(replicas: number, weight: number): Split {
  if (weight <= 0 || replicas <= 0) return { stable: Math.max(replicas, 0), candidate: 0 }
  if (weight >= 100) return { stable: 0, candidate: replicas }
  if (replicas === 1) return { stable: 1, candidate: 0 }
  const nearest = Math.floor((replicas * weight) / 100 + 0.5)
  const candidate = Math.min(Math.max(nearest, 1), replicas - 1)
  return { stable: replicas - candidate, candidate }
}

/** The weight that a split really gives, in percent; 0 where there is nothing. */
export function weightOf(split: Split): number {
  const all = split.stable + split.candidate
  return all === 0 ? 0 : (100 * split.candidate) / all
}

/**
 * Candidate instances that carry a weight beside a stable slot at full scale.
 * `exact`: the router splits, the candidate needs its share of today's load: ceil(stable · w / 100).
 * `by-replicas`: the count is the share: ceil(stable · w / (100 − w)). At 100 both need as many as stable.
 */
export function candidateBeside(stable: number, weight: number, router: 'exact' | 'by-replicas'): number {
  if (weight <= 0 || stable <= 0) return 0
  if (weight >= 100) return stable
  return Math.ceil((stable * weight) / (router === 'exact' ? 100 : 100 - weight))
}
