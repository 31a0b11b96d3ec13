export {
  type ConformanceHarness,
  type ConformanceOptions,
  platformConformance,
  type TestFunctions,
  type TestRelease,
} from './conformance.ts'
export { compareFences, formatFence } from './fence.ts'
export { AgentStore } from './local/agent-store.ts'
export { createLocalPlatform, type LocalPlatformOptions } from './local/platform.ts'
export { type StartAgentOptions, type StartedAgent, startAgent } from './local/start-agent.ts'
export type * from './port.ts'
