/** The worker goes away in the middle and comes back; nobody has to do anything. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { canary, type Engine, startEngine } from '../engine/harness.ts'
import { deployed, only, whatRuns } from '../engine/outcomes.ts'
import { unique } from '../setup/temporal.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  await engine.close()
})

it('a worker that is restarted in the middle of a step goes on with it', async () => {
  const service = unique('step')
  await deployed(engine, service)
  const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([10, 4_000], [50, 50]) })
  await engine.untilStrategy(`${accepted.deployment}/canary`, (s) => s.weights.candidate === 10)
  await engine.restartWorker()
  expect((await engine.finish(accepted)).status).toBe('active')
  expect(await whatRuns(engine, service)).toEqual(only('1.1.0'))
})

it('a worker that is restarted in the middle of the way back goes on with it', async () => {
  const service = unique('back')
  await deployed(engine, service)
  const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([50, 'manual']) })
  await engine.until(accepted.deployment, (s) => s.gate !== null)
  engine.platform.faults.blocks.set(`retire ${service}`, new Promise(() => {}))
  await engine.decide(accepted.deployment, 'abort')
  await engine.platform.reached(`retire ${service}`)
  await engine.stopWorker()
  engine.platform.faults.blocks.delete(`retire ${service}`)
  await engine.startWorkerAgain()
  expect((await engine.finish(accepted)).status).toBe('aborted')
  expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
})

it('a decision that is signalled while no worker runs is taken when one does', async () => {
  const service = unique('later')
  await deployed(engine, service)
  const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([50, 'manual']) })
  await engine.until(accepted.deployment, (s) => s.gate !== null)
  await engine.stopWorker()
  await engine.signal(accepted.deployment, 'abort', { by: 'ben' })
  await engine.startWorkerAgain()
  expect((await engine.finish(accepted)).status).toBe('aborted')
  expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
})
