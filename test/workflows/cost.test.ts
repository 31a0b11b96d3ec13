import { fileURLToPath } from 'node:url'
import { NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { bare } from '../engine/bare-workflow.ts'
import { canary, type Engine, startEngine } from '../engine/harness.ts'
import { temporalAddress, unique } from '../setup/temporal.ts'

interface Cost {
  events: number
  transitions: number
  activities: number
}

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  await engine.close()
})

/** What a closed workflow cost, as the server counts it. */
async function costOf(id: string): Promise<Cost> {
  const handle = engine.client.workflow.getHandle(id)
  const { historyLength, raw } = await handle.describe()
  const { events } = await handle.fetchHistory()
  const activities = events?.filter((e) => e.activityTaskScheduledEventAttributes).length ?? 0
  return { events: historyLength, transitions: Number(raw.workflowExecutionInfo?.stateTransitionCount), activities }
}

async function bareCost(n: number): Promise<Cost> {
  const taskQueue = unique('bare')
  const connection = await NativeConnection.connect({ address: temporalAddress() })
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('../engine/bare-workflow.ts', import.meta.url)),
    activities: { nothing: async () => undefined },
  })
  try {
    const workflowId = unique('bare')
    await worker.runUntil(engine.client.workflow.execute<typeof bare>('bare', { workflowId, taskQueue, args: [n] }))
    return await costOf(workflowId)
  } finally {
    await connection.close()
  }
}

/** The service's own share of a deployment: what its history grew by, once it is at rest again. */
async function costOfService(service: string): Promise<Cost> {
  const id = `service/production/${engine.location}/${service}`
  while ((await engine.service(service)).running) await new Promise((resolve) => setTimeout(resolve, 20))
  return costOf(id)
}

const minus = (a: Cost, b: Cost): Cost => ({
  events: a.events - b.events,
  transitions: a.transitions - b.transitions,
  activities: a.activities - b.activities,
})
const plus = (a: Cost, b: Cost): Cost => minus(a, minus({ events: 0, transitions: 0, activities: 0 }, b))

/**
 * The arithmetic. A bare workflow of n activities: 3 + 4n transitions (start, first task, its completion; and for each
 * activity started, completed, task started, task completed) and 5 + 6n events. A workflow that is started as a child
 * has one transition more. The service adds 7 a deployment, whatever n: update and task (1), child started (1), task
 * (2), child completed (1), task (2).
 */
const bareTransitions = (n: number) => 3 + 4 * n
const serviceShare = { events: 14, transitions: 7, activities: 0 }

describe('what a deployment costs, in events and state transitions', () => {
  it('rolling, beside a bare workflow of as many activities', async () => {
    const service = unique('rolling')
    await engine.finish(await engine.deploy(service, '1.0.0'))
    const before = await costOfService(service)
    const { id } = await engine.finish(await engine.deploy(service, '1.1.0'))
    const own = await costOf(id)
    const services = minus(await costOfService(service), before)
    expect(own.activities).toBe(6)
    // Beside the bare events: the deadline's timer, and six changes of status as search attributes.
    expect(own).toEqual({ events: 5 + 6 * 6 + 7, transitions: bareTransitions(6) + 1, activities: 6 })
    expect(services).toEqual(serviceShare)
    expect(await bareCost(6)).toEqual({ events: 41, transitions: bareTransitions(6), activities: 6 })
    expect((own.transitions + services.transitions) / bareTransitions(6)).toBeCloseTo(35 / 27)
  })

  it('canary of four steps, with its child', async () => {
    const service = unique('canary')
    await engine.finish(await engine.deploy(service, '1.0.0'))
    const before = await costOfService(service)
    const strategy = canary([10, 20], [25, 20], [50, 20], [100, 20])
    const { id } = await engine.finish(await engine.deploy(service, '1.1.0', { strategy }))
    const own = plus(await costOf(id), await costOf(`${id}/canary`))
    const services = minus(await costOfService(service), before)
    expect(own.activities).toBe(16)
    // 4 in the parent; 12 in the child: two scalings with their readiness, four weights, four measurements. The child
    // adds 10: its start and its end in the parent with a task each, and a start, a first task and an end of its own.
    expect(own).toEqual({ events: 122, transitions: bareTransitions(16) + 1 + 10, activities: 16 })
    expect(services).toEqual(serviceShare)
    expect(await bareCost(16)).toEqual({ events: 101, transitions: bareTransitions(16), activities: 16 })
    expect((own.transitions + services.transitions) / bareTransitions(16)).toBeCloseTo(85 / 67)
  })
})
