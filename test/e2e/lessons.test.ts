/** Lessons that others paid for, on real processes: DESIGN numbers them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TargetState } from '../../src/platforms/port.ts'
import { serviceWorkflowId } from '../../src/workflows/messages.ts'
import { endNow, instancesOf } from './processes.ts'
import { expectSettled, type Rig, recordStates, startRig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close(), 60_000)

const steps = (...weights: number[]) => ({
  strategy: { canary: weights.map((weight) => ({ weight, pause: 'manual' })) },
})
const pidsOf = async (service: string) => (await instancesOf(rig.home, service)).map(({ pid }) => pid).sort()
const inWords = ({ slots, routing }: TargetState) =>
  `${routing.weights.candidate} % on ${slots.candidate ? `${slots.candidate.ready} ready` : 'nothing'}`

test('lesson 1: when the candidate has no ready instance its weight goes to 0 before anything else', async () => {
  const service = 'no-ready-candidate'
  const target = rig.target(service)
  await rig.deployed(service, '1.0.0')
  const { deployment } = await rig.deploy(service, '1.1.0', steps(50))
  await rig.until(deployment, ({ gate }) => gate?.name === 'step-1')
  const seen = recordStates(rig.platform, target)
  let over = false
  const end = rig.client.result(deployment).finally(() => {
    over = true
  })
  while (!over) for (const { pid } of await instancesOf(rig.home, service, '1.1.0')) await endNow(pid)
  expect(await end).toMatchObject({ status: 'rolled_back' })
  await seen.stop()
  const first = seen.states.findIndex(({ routing }) => routing.weights.candidate === 0)
  expect(seen.states[first]?.slots).toMatchObject({
    candidate: { release: { version: '1.1.0' } },
    stable: { release: { version: '1.0.0' }, ready: 2 },
  })
  expectSettled(await rig.platform.observe(target), '1.0.0')
}, 60_000)

test('lesson 2: weight comes after instances for that share, and goes before them, at every moment of a canary', async () => {
  const service = 'scale-then-route'
  const target = rig.target(service)
  await rig.deployed(service, '1.0.0', { replicas: 4 })
  const seen = recordStates(rig.platform, target)
  const up = await rig.deploy(service, '1.1.0', { ...steps(25, 75), replicas: 4 })
  for (const gate of ['step-1', 'step-2']) {
    await rig.until(up.deployment, (state) => state.gate?.name === gate)
    if (gate === 'step-1') await rig.client.promote(up.deployment)
  }
  await rig.client.abort(up.deployment)
  expect(await rig.client.result(up.deployment)).toMatchObject({ status: 'aborted' })
  await rig.deployed(service, '1.1.0', { strategy: { canary: [25, 75], pause: '1s' }, replicas: 4 })
  await seen.stop()

  const weights = new Set(seen.states.map(({ routing }) => routing.weights.candidate))
  expect([...weights].sort((a, b) => a - b)).toEqual([0, 25, 75, 100])
  const wrong = seen.states.filter(
    ({
      slots,
      routing: {
        weights: { stable, candidate },
      },
    }) => {
      const share = (weight: number) => Math.ceil((4 * weight) / 100)
      const short = candidate > 0 && (slots.candidate?.ready ?? 0) < share(candidate)
      return short || (stable > 0 && (slots.stable?.ready ?? 0) < share(stable)) || stable + candidate !== 100
    },
  )
  expect(wrong.map(inWords)).toEqual([])
}, 90_000)

test('lesson 3: whoever takes a running service over restarts nothing and changes no endpoint', async () => {
  const service = 'taken-over'
  const target = rig.target(service)
  await rig.deployed(service, '1.0.0')
  const pids = await pidsOf(service)
  const { endpoint } = await rig.platform.observe(target)
  const expectUntouched = async () => {
    expect(await pidsOf(service)).toEqual(pids)
    const state = await rig.platform.observe(target)
    expect(state.endpoint).toBe(endpoint)
    expect(state.slots.stable?.restarts).toBe(0)
    expectSettled(state, '1.0.0')
  }
  await rig.killAgent()
  await rig.startAgent()
  await expectUntouched()
  await rig.killWorker()
  await rig.startWorker()
  await expectUntouched()
  // The memory of the target is lost: the next request begins a new one, which learns from the platform.
  await rig.client.temporal.workflow.getHandle(serviceWorkflowId(target)).terminate('a test of the service workflow')
  const again = await rig.deployed(service, '1.0.0', { strategy: 'rolling' })
  expect(again, again.outcome).toMatchObject({ status: 'active', number: 2, previous: { version: '1.0.0' } })
  await expectUntouched()
}, 60_000)

test('lessons 5 and 9: a step is done when the router itself says so, and each side has an instance', async () => {
  const service = 'read-back'
  const target = rig.target(service)
  await rig.deployed(service, '1.0.0')
  const weights = [1, 10, 99]
  const { deployment } = await rig.deploy(service, '1.1.0', steps(...weights))
  for (const [index, weight] of weights.entries()) {
    const said = await rig.until(deployment, ({ gate }) => gate?.name === `step-${index + 1}`)
    expect(said.progress?.weights).toEqual({ stable: 100 - weight, candidate: weight })
    const { routing, slots } = await rig.platform.observe(target)
    expect(routing.weights).toEqual(said.progress?.weights)
    expect(slots.stable?.ready).toBe(2)
    expect(slots.candidate?.ready).toBe(weight === 99 ? 2 : 1)
    await rig.client.promote(deployment)
  }
  expect(await rig.client.result(deployment)).toMatchObject({ status: 'active' })
}, 60_000)

test('lesson 12: a release of five versions ago comes back with the configuration that it was born with', async () => {
  const service = 'born-with'
  for (const minor of [0, 1, 2, 3, 4, 5]) {
    const env = { GREETING: `hello from ${minor}`, ...(minor === 0 ? { ONLY_THEN: 'yes' } : {}) }
    const end = await rig.deployed(service, `1.${minor}.0`, { strategy: 'recreate', replicas: 1, env })
    expect(end.status, end.outcome).toBe('active')
  }
  const { deployment } = await rig.client.rollback(rig.target(service), { to: '1.0.0', kind: 'immediate' })
  expect(await rig.client.result(deployment)).toMatchObject({ status: 'active', version: '1.0.0' })
  await expect.poll(() => pidsOf(service).then((pids) => pids.length), { timeout: 20_000 }).toBe(1)
  const [instance] = await instancesOf(rig.home, service)
  expect(instance?.environment).toMatchObject({
    TIDEGATE_VERSION: '1.0.0',
    GREETING: 'hello from 0',
    ONLY_THEN: 'yes',
  })
}, 90_000)

test('lesson 18: a replica count that nobody asked to change is not written', async () => {
  const service = 'counted'
  const target = rig.target(service)
  const desired = async () => (await rig.platform.observe(target)).slots.stable?.desired
  await rig.deployed(service, '1.0.0')
  await rig.deployed(service, '1.1.0', { strategy: 'rolling' })
  const scaled = await rig.client.scale(target, { scale: { replicas: 3 } })
  expect(await rig.client.result(scaled.deployment)).toMatchObject({ status: 'active' })
  expect(await desired()).toBe(3)
  // Neither a restart, nor a rollback, nor an abort is about the count.
  const restarted = await rig.client.restart(target)
  expect(await rig.client.result(restarted.deployment)).toMatchObject({ status: 'active' })
  expect(await desired()).toBe(3)
  const aborted = await rig.deploy(service, '1.2.1', steps(50))
  await rig.until(aborted.deployment, ({ gate }) => gate?.name === 'step-1')
  await rig.client.abort(aborted.deployment)
  expect(await rig.client.result(aborted.deployment)).toMatchObject({ status: 'aborted' })
  expect(await desired()).toBe(3)
  // Nor is a new version, where its spec does not name one.
  await rig.deployed(service, '1.3.0', { strategy: 'rolling', replicas: undefined })
  expect(await desired()).toBe(3)
  await rig.deployed(service, '1.4.0', { strategy: { canary: [50], pause: '100ms' }, replicas: undefined })
  expect(await desired()).toBe(3)
  const back = await rig.client.rollback(target)
  expect(await rig.client.result(back.deployment)).toMatchObject({ status: 'active', version: '1.3.0' })
  expect(await desired()).toBe(3)
}, 90_000)
