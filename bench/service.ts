/** One target with very many deployments in a row: what its service workflow carries must stay flat. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { type Accepted, connect, type TidegateClient } from '../src/client/index.ts'
import type { Plan, ReleaseDraft, Target } from '../src/spec/model.ts'
import { putJson } from '../src/store/canonical.ts'
import { limits } from '../src/workflows/service-memory.ts'
import { createMemoryPlatform, type MemoryPlatform } from '../test/engine/memory-platform.ts'
import { obtainTemporal, startTemporal } from '../tools/temporal.ts'
import { startWorker } from '../worker/index.ts'
import type { Bench } from './run.ts'

const target: Target = { service: 'flat', environment: 'production', location: 'bench' }
const plan: Plan = {
  strategy: { name: 'rolling', options: { maxSurge: 1, maxUnavailable: 0 } },
  scale: { replicas: 2 },
  traffic: true,
  checks: [],
  checkPolicy: { onDegraded: 'proceed', onUnhealthy: 'rollback' },
  hooks: [],
  approval: false,
  deadlineMs: 60_000,
  readyDeadlineMs: 10_000,
  bakeMs: 0,
}

export async function service({ quick, log }: { quick: boolean; log: (line: string) => void }): Promise<Bench> {
  const deployments = quick ? 100 : 1_000
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-bench-'))
  const { path } = await obtainTemporal({ log })
  const temporal = await startTemporal({ path, dir })
  const platform = createMemoryPlatform()
  const worker = await startWorker({
    connection: { address: temporal.address },
    location: target.location,
    platform,
    cacheDir: dir,
    log: pino({ level: 'silent' }),
  })
  const client = await connect({ address: temporal.address, namespace: 'default' })
  try {
    return await measure(client, platform, deployments, log)
  } finally {
    await client.close()
    await worker.shutdown()
    await temporal.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

async function measure(
  client: TidegateClient,
  platform: MemoryPlatform,
  deployments: number,
  log: (line: string) => void,
): Promise<Bench> {
  const seconds: number[] = []
  for (let i = 1; i <= deployments; i++) {
    const began = performance.now()
    const accepted = await deploy(client, platform, `1.0.${i}`)
    const summary = await client.result(accepted.deployment)
    if (summary.status !== 'active') throw new Error(`#${accepted.number} ended ${summary.status}`)
    seconds.push((performance.now() - began) / 1000)
    if (i % 100 === 0) log(`${i} deployments, the last 100 in ${sum(seconds.slice(-100)).toFixed(1)} s`)
  }
  const { runs, longest, carried } = await runsOfService(client)
  const tenth = Math.max(1, Math.floor(deployments / 10))
  const [first, last] = [median(seconds.slice(0, tenth)), median(seconds.slice(-tenth))]
  return {
    name: 'service',
    figures: {
      deployments: { value: deployments, unit: 'deployments' },
      runs: { value: runs, unit: 'runs of the service workflow' },
      'longest history': { value: longest, unit: 'events', goal: limits.events * 2, met: longest <= limits.events * 2 },
      'carried state': { value: carried, unit: 'bytes', goal: limits.carried, met: carried <= limits.carried },
      'latency, last tenth': {
        value: last,
        unit: 's (median)',
        reference: first,
        ratio: last / first,
        goal: 1.25,
        met: last / first <= 1.25,
      },
    },
  }
}

async function deploy(client: TidegateClient, platform: MemoryPlatform, version: string): Promise<Accepted> {
  const digest = await platform.store.put(new TextEncoder().encode(version))
  const workload = {
    command: ['true'],
    args: [],
    env: {},
    secrets: [],
    ports: [],
    resources: {},
    probes: {},
    gracePeriodMs: 0,
  }
  const draft: ReleaseDraft = { service: target.service, version, artifact: { kind: 'archive', digest }, workload }
  return client.deploy({ target, version, draft: await putJson(platform.store, draft), plan }, { by: 'bench' })
}

/** Every run of the service workflow: how long its history grew, and the largest state that one left to the next. */
async function runsOfService({
  temporal,
}: TidegateClient): Promise<{ runs: number; longest: number; carried: number }> {
  let [runs, longest, carried] = [0, 0, 0]
  for await (const { workflowId, runId, historyLength } of temporal.workflow.list({
    query: "WorkflowType = 'service'",
  })) {
    runs++
    longest = Math.max(longest, historyLength)
    const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory()
    const input = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data
    carried = Math.max(carried, input?.length ?? 0)
  }
  return { runs, longest, carried }
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
