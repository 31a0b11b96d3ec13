/** An engine for tests: real Temporal, the real worker, and a platform of the test's choice. */
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WithStartWorkflowOperation, type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { Worker } from '@temporalio/worker'
import { defineUpdate } from '@temporalio/workflow'
import pino from 'pino'
import { vi } from 'vitest'
import type { Platform } from '../../src/platforms/port.ts'
import type { CanaryOptions, Plan, ReleaseDraft, Target, Workload } from '../../src/spec/model.ts'
import { putJson } from '../../src/store/canonical.ts'
import {
  type Accepted,
  type DecisionName,
  type DecisionResult,
  type DeploymentState,
  type DeploymentSummary,
  type DeployRequest,
  deploymentWorkflowId,
  names,
  type ServiceState,
  type StrategyState,
  serviceWorkflowId,
  workflowQueue,
} from '../../src/workflows/messages.ts'
import { payloadConverterPath } from '../../tools/workflow-bundle.ts'
import { startWorker } from '../../worker/index.ts'
import { bundlePath, connect, unique } from '../setup/temporal.ts'
import { createMemoryPlatform, type MemoryPlatform } from './memory-platform.ts'

// Tests of one file run side by side, on machines with two busy cores, and without a cache of workflows.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
/** How long a condition may take to become true (ms). */
const patience = 60_000

const workload: Workload = {
  command: ['true'],
  args: [],
  env: {},
  secrets: [],
  ports: [],
  resources: {},
  probes: {},
  gracePeriodMs: 1000,
}

/** A plan with short times; `over` replaces parts of it. */
export function plan(over: Partial<Plan> = {}): Plan {
  return {
    strategy: { name: 'rolling', options: { maxSurge: '25%', maxUnavailable: '25%' } },
    scale: { replicas: 2 },
    traffic: true,
    checks: [],
    checkPolicy: { onDegraded: 'proceed', onUnhealthy: 'rollback' },
    hooks: [],
    approval: false,
    deadlineMs: 600_000,
    readyDeadlineMs: 60_000,
    bakeMs: 0,
    ...over,
  }
}

/** Steps of a weight each, with a pause in milliseconds or a person's word. */
export function canary(...steps: [weight: number, pause: number | 'manual'][]): Plan['strategy'] {
  const options: CanaryOptions = { steps: steps.map(([weight, pause]) => ({ weight, pause })), require: 'no-harm' }
  return { name: 'canary', options }
}

export const blueGreen = (
  over: Partial<Extract<Plan['strategy'], { name: 'blue-green' }>['options']> = {},
): Plan['strategy'] => ({
  name: 'blue-green',
  options: { verify: [], autoPromote: true, promoteTimeoutMs: 0, monitorMs: 0, scaleDownDelayMs: 0, ...over },
})

export type Engine = Awaited<ReturnType<typeof startEngine<MemoryPlatform>>>

export async function startEngine<P extends Platform = MemoryPlatform>(given?: {
  platform?: P
  maxCachedWorkflows?: number
  maxWaits?: number
}) {
  const { client, connection, address } = await connect()
  const location = unique('at')
  const platform = given?.platform ?? (createMemoryPlatform() as Platform as P)
  const cached = process.env.TIDEGATE_TEST_CACHED_WORKFLOWS
  const maxCachedWorkflows = given?.maxCachedWorkflows ?? (cached === undefined ? undefined : Number(cached))
  const start = () =>
    startWorker({
      connection: { address },
      location,
      platform,
      cacheDir: join(tmpdir(), 'tidegate-test-cache'),
      log: pino({ level: 'silent' }),
      workflowBundle: bundlePath(),
      maxCachedWorkflows,
      maxWaits: given?.maxWaits,
    })
  let worker = await start()

  const target = (service: string): Target => ({ service, environment: 'production', location })
  const draftOf = async (service: string, version: string): Promise<string> => {
    const digest = await platform.store.put(new TextEncoder().encode(`${service} ${version}`))
    const draft: ReleaseDraft = { service, version, artifact: { kind: 'archive', digest }, workload }
    return putJson(platform.store, draft)
  }
  async function untilService(
    service: string,
    isSo: (state: ServiceState) => boolean,
    withinMs = patience,
  ): Promise<ServiceState> {
    return untilSo(() => of(service).query<ServiceState>(names.state), isSo, withinMs)
  }
  const of = (service: string) => client.workflow.getHandle(serviceWorkflowId(target(service)))

  return {
    client,
    platform,
    location,
    target,
    idOf: (service: string, number: number) => deploymentWorkflowId(target(service), number),

    async deploy(
      service: string,
      version: string,
      over: Partial<Plan> = {},
      request: Partial<DeployRequest> = {},
    ): Promise<Accepted> {
      const body: DeployRequest = {
        requestId: randomUUID(),
        by: 'anna',
        version,
        draft: await draftOf(service, version),
        plan: plan(over),
        ...request,
      }
      const startWorkflowOperation = new WithStartWorkflowOperation('service', {
        workflowId: serviceWorkflowId(target(service)),
        taskQueue: workflowQueue,
        args: [{ target: target(service) }],
        workflowIdConflictPolicy: 'USE_EXISTING',
      })
      return client.workflow
        .executeUpdateWithStart(defineUpdate<Accepted, [DeployRequest]>(names.deploy), {
          args: [body],
          startWorkflowOperation,
        })
        .catch(unwrap)
    },
    /** Any update of the service workflow. */
    async ask<T = Accepted>(service: string, name: string, request: object = {}): Promise<T> {
      const body = { requestId: randomUUID(), by: 'anna', ...request }
      return of(service)
        .executeUpdate<T, [object]>(name, { args: [body] })
        .catch(unwrap)
    },
    async decide(id: string, name: DecisionName, decision: object = {}): Promise<DecisionResult> {
      const args: [object] = [{ by: 'ben', ...decision }]
      return client.workflow.getHandle(id).executeUpdate<DecisionResult, [object]>(name, { args }).catch(unwrap)
    },
    /** The deployment's summary, once its service has written it down too. */
    async finish(accepted: { deployment: string; number: number }): Promise<DeploymentSummary> {
      const service = accepted.deployment.split('/').at(-2) ?? ''
      await untilService(service, (s) => s.history.some((past) => past.number === accepted.number)).catch(async () => {
        const state = await client.workflow.getHandle(accepted.deployment).query<DeploymentState>(names.state)
        throw new Error(`has not ended: ${JSON.stringify(state, null, 1)}`)
      })
      return client.workflow.getHandle(accepted.deployment).result()
    },
    /** A bare signal, as the Web UI sends it. */
    async signal(id: string, name: string, ...args: unknown[]): Promise<void> {
      await client.workflow.getHandle(id).signal(name, ...args)
    },
    /** A signal whose payload nobody can decode. */
    async signalUndecodable(workflowId: string, signalName: string): Promise<void> {
      const payload = { metadata: { encoding: Buffer.from('binary/unknown') }, data: Buffer.from([0, 1, 2]) }
      const execution = { workflowId }
      const input = { payloads: [payload] }
      const namespace = client.options.namespace
      await client.workflowService.signalWorkflowExecution({
        namespace,
        workflowExecution: execution,
        signalName,
        input,
        requestId: randomUUID(),
      })
    },
    handle: (id: string) => client.workflow.getHandle(id),
    untilService,
    state: (id: string) => client.workflow.getHandle(id).query<DeploymentState>(names.state),
    strategy: (id: string) => client.workflow.getHandle(id).query<StrategyState>(names.state),
    service: (service: string) => of(service).query<ServiceState>(names.state),

    /** Until the deployment's state says so; fails with what it said last. */
    async until(id: string, isSo: (state: DeploymentState) => boolean, withinMs = patience): Promise<DeploymentState> {
      return untilSo(() => client.workflow.getHandle(id).query<DeploymentState>(names.state), isSo, withinMs)
    },
    async untilStrategy(id: string, isSo: (state: StrategyState) => boolean): Promise<StrategyState> {
      return untilSo(() => client.workflow.getHandle(id).query<StrategyState>(names.state), isSo, patience)
    },
    async restartWorker() {
      await worker.shutdown()
      worker = await start()
    },
    async stopWorker() {
      await worker.shutdown()
    },
    async startWorkerAgain() {
      worker = await start()
    },
    /**
     * Replays every execution of this engine's targets, then ends. Each must come to the same commands again, and none
     * may have failed a workflow task: that is how a workflow is wedged.
     */
    async close() {
      await worker.shutdown()
      const query = `TidegateLocation = '${location}'`
      const histories = unfailed(client.workflow.list({ query }).intoHistories())
      const replayed: string[] = []
      const options = { workflowBundle: { codePath: bundlePath() }, dataConverter: { payloadConverterPath } }
      for await (const result of Worker.runReplayHistories(options, histories)) {
        if (result.error) throw result.error
        replayed.push(result.workflowId)
      }
      await connection.close()
      return replayed
    },
  }
}

/** Asks until the answer is so; fails with what was said last. */
export async function untilSo<T>(ask: () => Promise<T>, isSo: (said: T) => boolean, withinMs: number): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    // Just started, or just continued as new: a query may have to wait for the first task.
    const said = await ask().catch(() => null)
    if (said !== null && isSo(said)) return said
    if (Date.now() > deadline) throw new Error(`not so in time: ${JSON.stringify(said, null, 1)}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** No failures: something arrived while the task was being answered (1), or the workflow was ended meanwhile (17). */
const harmless: unknown[] = [1, 17]

async function* unfailed<T extends { workflowId: string; history: unknown }>(histories: AsyncIterable<T>) {
  for await (const one of histories) {
    const { events } = one.history as Awaited<ReturnType<WorkflowHandle['fetchHistory']>>
    for (const { workflowTaskFailedEventAttributes: failed } of events ?? []) {
      if (!failed || harmless.includes(failed.cause)) continue
      throw new Error(`${one.workflowId} failed a task: ${failed.failure?.message ?? failed.cause}`)
    }
    yield one
  }
}

/** The failure that a validator or handler gave, so that tests can look at its code. */
function unwrap(error: unknown): never {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) throw error.cause
  throw error
}
