export type { ArtifactRequest } from './build-artifact.ts'
export type { PlatformFacts, SpecCapabilities } from './capabilities.ts'
export {
  defaultLocation,
  type EngineConfig,
  type EnvironmentConfig,
  type LocationConfig,
  loadConfig,
  locationsOf,
  type Notify,
  type NotifyEvent,
} from './config.ts'
export type { ConfigFile } from './config-schema.ts'
export { candidateBeside, countOf, rollingBounds, splitReplicas, weightOf } from './counts.ts'
export { builtInEnvironments, defaultStrategy } from './defaults.ts'
export { defineConfig, defineService } from './define.ts'
export { formatDuration, parseDuration } from './duration.ts'
export { type LoadedSpec, loadSpec, specFiles } from './load.ts'
export type * from './model.ts'
export type { Overrides } from './overrides.ts'
export { formatProblem, type Problem, SpecError } from './problems.ts'
export { type Origin, type ResolvedSpec, type ResolveInput, resolve } from './resolve.ts'
export type { Overlay, ServiceSpec } from './schema.ts'
