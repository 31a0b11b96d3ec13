/** How a real Temporal server is had and run. */

export { type ObtainedTemporal, type ObtainOptions, obtainTemporal } from './temporal-obtain.ts'
export { type RunningTemporal, type StartOptions, startTemporal, type TemporalPorts } from './temporal-server.ts'
export { defaultCacheDir, type TemporalWay, temporalWays } from './temporal-ways.ts'
