/** `kill -9` in the middle of a canary step, with visitors: each goes on to the right end without a person. */
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Visitors } from '../../src/cli/quickstart/visitors.ts'
import { endNow, instancesOf } from './processes.ts'
import { expectSettled, type Rig, type SpecParts, startRig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close(), 60_000)

/** One step at half of the traffic, long enough to kill something in its middle. */
const canary = { strategy: { canary: [{ weight: 50, pause: '6s' }] }, analysis: { errors: '1%' } }

/** The service on 1.0.0 with visitors, and a canary of the version at half of the traffic. */
async function inTheMiddle(service: string, parts: SpecParts = {}) {
  await rig.deployed(service, '1.0.0')
  const visitors = await rig.visit(service)
  const { deployment } = await rig.deploy(service, '1.1.0', { ...canary, ...parts })
  await rig.until(deployment, (state) => state.progress?.weights.candidate === 50)
  await served(visitors, '1.1.0')
  return { visitors, deployment }
}

/** Until visitors were answered by the version. */
async function served(visitors: Visitors, version: string) {
  await expect.poll(() => visitors.recent(1_000).get(version) ?? 0, { timeout: 10_000 }).toBeGreaterThan(0)
}

/** What the platform and the machine say once it is quiet. */
async function expectEnd(service: string, version: string, other: string) {
  await expect.poll(() => instancesOf(rig.home, service, other).then((all) => all.length), { timeout: 30_000 }).toBe(0)
  expectSettled(await rig.platform.observe(rig.target(service)), version)
  expect(await instancesOf(rig.home, service, version)).toHaveLength(2)
}

function failedOf({ seen }: Visitors): number {
  return [...seen.values()].reduce((sum, { failed }) => sum + failed, 0)
}

test('a worker that is killed in a canary step goes on where it was, and no request fails', async () => {
  const { visitors, deployment } = await inTheMiddle('worker-killed')
  await rig.killWorker()
  await wait(1_000)
  await rig.startWorker()
  const end = await rig.client.result(deployment)
  expect(end).toMatchObject({ status: 'active', version: '1.1.0' })
  await expectEnd('worker-killed', '1.1.0', '1.0.0')
  await visitors.stop()
  expect(failedOf(visitors)).toBe(0)
}, 90_000)

test('an agent that is killed in a canary step finds its services again: same processes, same endpoint', async () => {
  const { visitors, deployment } = await inTheMiddle('agent-killed')
  const target = rig.target('agent-killed')
  const before = await rig.platform.observe(target)
  const pids = (await instancesOf(rig.home, 'agent-killed')).map(({ pid }) => pid).sort()
  await rig.killAgent()
  await rig.startAgent()
  expect((await instancesOf(rig.home, 'agent-killed')).map(({ pid }) => pid).sort()).toEqual(pids)
  const after = await rig.platform.observe(target)
  expect(after.endpoint).toBe(before.endpoint)
  expect(after.routing.weights).toEqual({ stable: 50, candidate: 50 })
  await served(visitors, '1.1.0')
  // Its proxy was away for a moment: what failed, failed then, and nothing since.
  const failed = failedOf(visitors)
  const end = await rig.client.result(deployment)
  expect(end).toMatchObject({ status: 'active', version: '1.1.0' })
  await expectEnd('agent-killed', '1.1.0', '1.0.0')
  await visitors.stop()
  expect(failedOf(visitors)).toBe(failed)
}, 90_000)

test('a Temporal server that is killed in a canary step goes on from its database, and no request fails', async () => {
  const { visitors, deployment } = await inTheMiddle('temporal-killed')
  await rig.killTemporal()
  await wait(1_000)
  await rig.startTemporal()
  const end = await rig.until(deployment, ({ status }) => status === 'active')
  expect(end.version).toBe('1.1.0')
  await expectEnd('temporal-killed', '1.1.0', '1.0.0')
  await visitors.stop()
  expect(failedOf(visitors)).toBe(0)
}, 90_000)

test('a worker that is killed on the way back finishes it', async () => {
  // A hook makes the way back long enough to be killed in its middle.
  const hook = { at: 'before-rollback', command: ['sleep', '2'] }
  const { visitors, deployment } = await inTheMiddle('killed-on-the-way-back', { hooks: [hook] })
  await rig.client.abort(deployment, { reason: 'the way back is what is tested' })
  await rig.until(deployment, ({ status }) => status === 'rolling_back')
  await rig.killWorker()
  await rig.startWorker()
  const end = await rig.client.result(deployment)
  expect(end).toMatchObject({ status: 'aborted', version: '1.1.0' })
  await expectEnd('killed-on-the-way-back', '1.0.0', '1.1.0')
  await visitors.stop()
  expect(failedOf(visitors)).toBe(0)
}, 90_000)

test('a candidate whose processes keep dying goes back by itself', async () => {
  const { visitors, deployment } = await inTheMiddle('instance-killed')
  let over = false
  const end = rig.client.result(deployment).finally(() => {
    over = true
  })
  while (!over) {
    for (const { pid } of await instancesOf(rig.home, 'instance-killed', '1.1.0')) await endNow(pid)
    await wait(50)
  }
  expect(await end).toMatchObject({ status: 'rolled_back', version: '1.1.0' })
  await expectEnd('instance-killed', '1.0.0', '1.1.0')
  await served(visitors, '1.0.0')
  await visitors.stop()
}, 90_000)
