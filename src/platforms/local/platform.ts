import type { Target } from '../../spec/model.ts'
import type { LogLine, Platform, PlatformCapabilities, TargetState, TrafficReport } from '../port.ts'
import { AgentClient } from './agent-client.ts'
import { AgentStore } from './agent-store.ts'

export interface LocalPlatformOptions {
  /** State directory of the agent. */
  dir: string
}

const capabilities: PlatformCapabilities = {
  weights: 'exact',
  strategies: ['canary', 'blue-green', 'rolling', 'recreate'],
  artifacts: ['path', 'npm', 'archive'],
  matches: true,
  mirror: false,
  preview: true,
  logs: true,
  traffic: true,
  autoscaling: false,
}

/** Services as processes of this machine, by the agent of a state directory, which must run (`startAgent`). */
export function createLocalPlatform({ dir }: LocalPlatformOptions): Platform {
  const agent = new AgentClient(dir)
  const write = async (verb: string, call: object, signal?: AbortSignal): Promise<void> => {
    await agent.json(`/v1/${verb}`, call, signal)
  }
  return {
    name: 'local',
    capabilities,
    store: new AgentStore(agent),
    claim: (target, claim) => agent.json<TargetState>('/v1/claim', { target, claim }),
    observe: (target) => agent.json<TargetState>('/v1/observe', { target }),
    watch: (target, signal) => agent.lines<TargetState>('/v1/watch', { target }, signal),
    prepare: (target, release, fence) => write('prepare', { target, release, fence }),
    apply: (target, slot, goal, fence) => write('apply', { target, slot, goal, fence }),
    route: (target, routing, fence) => write('route', { target, routing, fence }),
    promote: (target, fence, signal) => write('promote', { target, fence }, signal),
    retire: (target, what, fence) => write('retire', { target, what, fence }),
    traffic: (target) => agent.json<TrafficReport>('/v1/traffic', { target }),
    logs: (target, query, signal) => agent.lines<LogLine>('/v1/logs', { target, query }, signal),
    targets: () => agent.json<Target[]>('/v1/targets'),
  }
}
