import { afterAll, beforeAll, expect, it } from 'vitest'
import { limits } from '../../src/workflows/service-memory.ts'
import { type Engine, startEngine } from '../engine/harness.ts'
import { unique } from '../setup/temporal.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  await engine.close()
})

it('sixty deployments of one target in a row: the history of each run and what is carried stay bounded', async () => {
  const service = unique('long')
  const first = await engine.deploy(service, '1.0.0', {}, { requestId: 'first' })
  await engine.finish(first)
  let last = first
  for (let minor = 1; minor < 60; minor++) last = await engine.deploy(service, `1.${minor}.0`).then(deployedOnce)
  await engine.finish(last)

  const state = await engine.service(service)
  expect(state).toMatchObject({ nextNumber: 61, sequence: 60, requests: 60, running: null, queuePaused: null })
  expect([state.history.length, state.releases.length]).toEqual([limits.history, limits.releases])
  expect(state.history.map((h) => h.number)).toEqual(Array.from({ length: 50 }, (_, i) => 60 - i))
  expect(state.stable?.version).toBe('1.59.0')

  const again = await engine.deploy(service, '1.0.0', {}, { requestId: 'first' })
  expect(again).toMatchObject({ number: 1, duplicate: true, deployment: first.deployment })

  const runs = await runsOf(`service/production/${engine.location}/${service}`)
  expect(runs.length).toBeGreaterThan(1)
  for (const { events, carried } of runs) {
    // A full queue may have begun just below the limit; a deployment costs its service 14 events, or a few more for
    // its turn.
    expect(events).toBeLessThan(limits.events + limits.queue * 20)
    expect(carried).toBeLessThan(limits.carried / 4)
  }
}, 180_000)

/** Deployments queue by themselves; a short queue keeps the worker busy without filling it. */
async function deployedOnce(accepted: { deployment: string; number: number }) {
  if (accepted.number % 10 === 0) await engine.finish(accepted)
  return { ...accepted, position: 0 }
}

async function runsOf(workflowId: string) {
  const runs: { events: number; carried: number }[] = []
  for await (const { runId } of engine.client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    const { events = [] } = await engine.client.workflow.getHandle(workflowId, runId).fetchHistory()
    const input = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data
    runs.push({ events: events?.length ?? 0, carried: input?.length ?? 0 })
  }
  return runs
}
