/** `rollback --direct` while Temporal is away, and what the engine makes of it once Temporal is back. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { directRollback } from '../../src/client/index.ts'
import { instancesOf } from './processes.ts'
import { expectSettled, type Rig, recordStates, startRig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close(), 60_000)

const manual = { strategy: { canary: [{ weight: 50, pause: 'manual' }] }, analysis: { errors: '1%', interval: '1s' } }
const quick = { strategy: { 'blue-green': { monitor: '1s', scaleDownDelay: '0s' } } }
const sequenceOf = async (service: string) =>
  (await rig.platform.observe(rig.target(service))).anchor?.fence.sequence ?? 0

test('lesson 14: a canary that was rolled back without Temporal stays back: it ends superseded, and the next deployment works', async () => {
  const service = 'direct-in-flight'
  const target = rig.target(service)
  await rig.deployed(service, '1.0.0')
  const visitors = await rig.visit(service)
  const { deployment } = await rig.deploy(service, '1.1.0', manual)
  await rig.until(deployment, (state) => state.gate?.name === 'step-1')
  const before = await sequenceOf(service)

  // The worker still runs, and in it the activity that measures the canary.
  await rig.killTemporal()
  const release = await directRollback(rig.platform, target, { by: 'anna' })
  expect(release.version).toBe('1.0.0')
  expectSettled(await rig.platform.observe(target), '1.0.0')
  expect(await sequenceOf(service)).toBe(before + 1)

  const seen = recordStates(rig.platform, target)
  await rig.startTemporal()
  const end = await rig.until(deployment, ({ endedAt }) => endedAt !== null)
  expect(end).toMatchObject({ status: 'superseded', version: '1.1.0' })
  expectSettled(await rig.platform.observe(target), '1.0.0')
  expect(seen.states.filter(({ slots, routing }) => slots.candidate || routing.weights.candidate > 0)).toEqual([])
  await seen.stop()

  const next = await rig.deployed(service, '1.2.1', { strategy: 'rolling' })
  expect(next, next.outcome).toMatchObject({ status: 'active', version: '1.2.1' })
  expect(next.previous?.version).toBe('1.0.0')
  expect(next.sequence).toBeGreaterThan(before + 1)
  expectSettled(await rig.platform.observe(target), '1.2.1')
  await visitors.stop()
  expect([...visitors.seen.values()].reduce((sum, { failed }) => sum + failed, 0)).toBe(0)
}, 120_000)

test('lesson 14: a finished deployment that was rolled back without Temporal is not promoted again by itself', async () => {
  const service = 'direct-after'
  const target = rig.target(service)
  await rig.deployed(service, '1.0.0')
  await rig.deployed(service, '1.1.0', { strategy: 'rolling' })
  const visitors = await rig.visit(service)
  const before = await sequenceOf(service)

  await rig.killTemporal()
  await directRollback(rig.platform, target, { by: 'anna' })
  await expect.poll(() => instancesOf(rig.home, service, '1.1.0'), { timeout: 20_000 }).toEqual([])
  await rig.startTemporal()
  // Nothing of the engine moves it: asked again, it knows what is stable and that the pointer was moved.
  await rig.client.restart(target).then(({ deployment }) => rig.client.result(deployment))
  expectSettled(await rig.platform.observe(target), '1.0.0')

  const next = await rig.deployed(service, '1.2.1', quick)
  expect(next, next.outcome).toMatchObject({ status: 'active', version: '1.2.1' })
  expect(next.previous?.version).toBe('1.0.0')
  expect(next.sequence).toBeGreaterThan(before + 1)
  await visitors.stop()
  expect([...visitors.seen.values()].reduce((sum, { failed }) => sum + failed, 0)).toBe(0)
}, 120_000)

test('it goes back while the engine is in the middle of bringing the candidate up', async () => {
  const service = 'direct-while-preparing'
  const target = rig.target(service)
  await rig.deployed(service, '1.0.0')
  // Never ready: the engine waits for it, or repeats what it does, for as long as the test lasts.
  const { deployment } = await rig.deploy(service, '1.1.0', { ...manual, ready: '/never' })
  for await (const { slots } of rig.platform.watch(target, AbortSignal.timeout(30_000))) if (slots.candidate) break
  await rig.killTemporal()
  await directRollback(rig.platform, target, { by: 'anna' })
  await rig.startTemporal()
  const end = await rig.until(deployment, ({ endedAt }) => endedAt !== null)
  expect(end).toMatchObject({ status: 'superseded' })
  await expect.poll(() => instancesOf(rig.home, service, '1.1.0'), { timeout: 20_000 }).toEqual([])
  expectSettled(await rig.platform.observe(target), '1.0.0')
}, 120_000)
