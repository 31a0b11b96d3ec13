import type { ArtifactKind, StrategyName } from './model.ts'

/** What resolving a spec asks of a platform: the part of the port's `PlatformCapabilities` that decides here. */
export interface SpecCapabilities {
  readonly weights: 'exact' | 'by-replicas' | 'all-or-nothing'
  readonly strategies: readonly StrategyName[]
  readonly artifacts: readonly ArtifactKind[]
  readonly preview: boolean
  readonly traffic: boolean
  readonly autoscaling: boolean
}

/** A platform as `resolve` knows it. */
export interface PlatformFacts {
  /** As messages name it: `local`. */
  name: string
  capabilities: SpecCapabilities
}
