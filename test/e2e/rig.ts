/** The whole stack for end-to-end tests, each part a real process that can be killed and started again. */
import type { ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve as resolvePath } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { stringify } from 'yaml'
import { sendVisitors, type Visitors } from '../../src/cli/quickstart/visitors.ts'
import { startWorkerProcess } from '../../src/cli/stack.ts'
import {
  type Accepted,
  connect,
  type DeploymentState,
  type DeploymentSummary,
  prepareDeploy,
  type TidegateClient,
} from '../../src/client/index.ts'
import { removeTree } from '../../src/platforms/local/agent/releases.ts'
import { createLocalPlatform } from '../../src/platforms/local/platform.ts'
import { startAgent } from '../../src/platforms/local/start-agent.ts'
import type { Platform, TargetState } from '../../src/platforms/port.ts'
import { loadConfig, loadSpec, type Plan, type ResolvedSpec, resolve, type Target } from '../../src/spec/index.ts'
import type { DeployRequest } from '../../src/workflows/messages.ts'
import { type RunningTemporal, startTemporal } from '../../tools/temporal.ts'
import { temporalCli } from '../setup/temporal.ts'
import { endNow } from './processes.ts'

/** What a test's service has beside the shop's usual spec: any part of a `tidegate.yaml`. */
export type SpecParts = Record<string, unknown>

export interface Rig {
  readonly home: string
  readonly client: TidegateClient
  readonly platform: Platform
  /** Of the agent; changes when it is started again. */
  readonly agentPid: number
  resolve(service: string, version: string, parts?: SpecParts): Promise<ResolvedSpec>
  deploy(service: string, version: string, parts?: SpecParts, request?: Partial<DeployRequest>): Promise<Accepted>
  /** Deploys and waits for the end. */
  deployed(service: string, version: string, parts?: SpecParts): Promise<DeploymentSummary>
  target(service: string): Target
  /** Visitors at the service's endpoint, 200 a second unless told. */
  visit(service: string, perSecond?: number): Promise<Visitors>
  until(id: string, isSo: (state: DeploymentState) => boolean, withinMs?: number): Promise<DeploymentState>
  /** `kill -9`; fulfilled when the process is gone. */
  killWorker(): Promise<void>
  startWorker(): Promise<void>
  killAgent(): Promise<void>
  startAgent(): Promise<void>
  killTemporal(): Promise<void>
  /** On the same data, at the same address. */
  startTemporal(): Promise<void>
  close(): Promise<void>
}

const shop = resolvePath('examples/shop')

export async function startRig(): Promise<Rig> {
  const home = await mkdtemp(join(tmpdir(), 'tidegate-e2e-'))
  const agentDir = join(home, 'agent')
  const temporalOptions = { path: temporalCli(), dir: join(home, 'temporal'), dbFile: 'temporal.db' }
  let temporal: RunningTemporal = await startTemporal(temporalOptions)
  let agent = await startAgent({ dir: agentDir })
  let worker: ChildProcess = await startWorkerProcess(home, temporal.address, false)
  const client = await connect({ address: temporal.address, namespace: 'default' })
  const platform = createLocalPlatform({ dir: agentDir })
  const visiting: Visitors[] = []
  await mkdir(join(home, 'specs'))

  const target = (service: string): Target => ({ service, environment: 'production', location: 'host' })
  const rig: Rig = {
    home,
    client,
    platform,
    get agentPid() {
      return agent.pid
    },
    target,
    async resolve(service, version, parts = {}) {
      const file = join(home, 'specs', `${service}.yaml`)
      const usual = { artifact: shop, command: 'node server.mjs', port: 8080, ready: '/readyz', replicas: 2, bake: 0 }
      await writeFile(file, stringify({ service, version, ...usual, ...parts }))
      const spec = await loadSpec({ file })
      const config = await loadConfig({ cwd: home })
      return resolve({ spec, config, environment: 'production', platform })
    },
    async deploy(service, version, parts, request = {}) {
      const prepared = await prepareDeploy(await rig.resolve(service, version, parts), platform.store)
      return client.deploy(prepared, { by: 'e2e', ...request })
    },
    async deployed(service, version, parts) {
      const { deployment } = await rig.deploy(service, version, parts)
      return client.result(deployment)
    },
    async visit(service, perSecond = 200) {
      const { endpoint } = await platform.observe(target(service))
      if (!endpoint) throw new Error(`${service} has no endpoint`)
      const visitors = sendVisitors(endpoint, perSecond)
      visiting.push(visitors)
      return visitors
    },
    async until(id, isSo, withinMs = 60_000) {
      const deadline = Date.now() + withinMs
      let seen: DeploymentState | null = null
      while (Date.now() < deadline) {
        seen = await client.state(id).catch(() => seen)
        if (seen && isSo(seen)) return seen
        await wait(50)
      }
      throw new Error(`not so within ${withinMs} ms: ${isSo}\n${JSON.stringify(seen, null, 1)}`)
    },
    killWorker: () => endNow(worker.pid),
    async startWorker() {
      worker = await startWorkerProcess(home, temporal.address, false)
    },
    killAgent: () => endNow(agent.pid),
    async startAgent() {
      agent = await startAgent({ dir: agentDir })
    },
    killTemporal: () => temporal.kill(),
    async startTemporal() {
      temporal = await startTemporal({ ...temporalOptions, ports: temporal.ports })
    },
    async close() {
      await Promise.all(visiting.map((visitors) => visitors.stop()))
      await client.close()
      await end(worker)
      await temporal.stop()
      agent = await startAgent({ dir: agentDir })
      await agent.stop('stop')
      await removeTree(home)
    },
  }
  return rig
}

/** Asks a process to leave, which it must do by itself. */
async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  const deadline = Date.now() + 20_000
  while (child.exitCode === null && child.signalCode === null) {
    if (Date.now() > deadline) throw new Error(`process ${child.pid} does not end`)
    await wait(20)
  }
}

/** Watches a target from now on; every state that it went through, in order. */
export function recordStates(platform: Platform, target: Target): { states: TargetState[]; stop: () => Promise<void> } {
  const states: TargetState[] = []
  const controller = new AbortController()
  const watching = (async () => {
    for await (const state of platform.watch(target, controller.signal)) states.push(state)
  })().catch(() => undefined)
  return {
    states,
    async stop() {
      controller.abort()
      await watching
    },
  }
}

/** Invariant 2, from what the platform reports. */
export function expectSettled(state: TargetState, version: string): void {
  const { stable, candidate } = state.slots
  const found = {
    stable: stable?.release.version,
    candidate: candidate?.release.version ?? null,
    weights: state.routing.weights,
    whole: stable !== null && stable.ready >= stable.desired && stable.outdated === 0,
  }
  const wanted = { stable: version, candidate: null, weights: { stable: 100, candidate: 0 }, whole: true }
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`not settled on ${version}: ${JSON.stringify(found)}`)
  }
}

export type Strategy = Plan['strategy']['name']
