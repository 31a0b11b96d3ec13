/** 200 requests a second all the way: how many fail, and how exactly the proxy keeps the weights. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Visitors } from '../../src/cli/quickstart/visitors.ts'
import type { DeploymentSummary } from '../../src/client/index.ts'
import type { TargetState } from '../../src/platforms/port.ts'
import { expectSettled, type Rig, type SpecParts, startRig } from './rig.ts'

let rig: Rig
const report: string[] = []
beforeAll(async () => {
  rig = await startRig()
})
afterAll(async () => {
  await rig.close()
  process.stdout.write(`\n${report.join('\n')}\n\n`)
}, 60_000)

const quick = { monitor: '2s', scaleDownDelay: '1s' }

interface Case {
  strategy: string
  parts: SpecParts
  /** The middle of it: when it is aborted. */
  middle: (state: TargetState) => boolean
}

const cases: Case[] = [
  {
    strategy: 'canary',
    parts: { strategy: { canary: [10, 50], pause: '2s' } },
    middle: ({ routing }) => routing.weights.candidate === 50,
  },
  {
    strategy: 'blue-green',
    parts: { strategy: { 'blue-green': quick } },
    middle: ({ routing }) => routing.weights.candidate === 100,
  },
  {
    strategy: 'rolling',
    parts: { strategy: 'rolling', replicas: 4 },
    middle: ({ slots }) => slots.stable?.release.version === '1.1.0' && slots.stable.outdated > 0,
  },
]

test.each(cases)(
  '$strategy loses no request: aborted in its middle, then all the way, then rolled back',
  async (given) => {
    const { strategy, parts } = given
    const service = `shop-${strategy}`
    const target = rig.target(service)
    const settled = async (end: DeploymentSummary, status: string, version: string) => {
      expect(end.status, end.outcome).toBe(status)
      expectSettled(await rig.platform.observe(target), version)
    }
    await settled(await rig.deployed(service, '1.0.0', parts), 'active', '1.0.0')
    const visitors = await rig.visit(service)
    const began = performance.now()

    const aborted = await rig.deploy(service, '1.1.0', parts)
    for await (const state of rig.platform.watch(target, AbortSignal.timeout(60_000))) if (given.middle(state)) break
    await rig.client.abort(aborted.deployment)
    await settled(await rig.client.result(aborted.deployment), 'aborted', '1.0.0')
    await onlyServed(visitors, '1.0.0')

    const up = await rig.deployed(service, '1.1.0', parts)
    expect(up.strategy).toBe(strategy)
    await settled(up, 'active', '1.1.0')
    await onlyServed(visitors, '1.1.0')

    const back = await rig.client.rollback(target)
    await settled(await rig.client.result(back.deployment), 'active', '1.0.0')
    await onlyServed(visitors, '1.0.0')

    await visitors.stop()
    const seconds = (performance.now() - began) / 1000
    const { total, failed, versions } = counted(visitors)
    const counters = Object.values((await rig.platform.traffic?.(target))?.releases ?? {})
    const atProxy = counters.reduce((sum, { errors }) => sum + errors, 0)
    const rate = `${Math.round(total / seconds)} a second`
    report.push(
      `${strategy.padEnd(11)} ${total} requests, ${rate}, ${failed} failed (${atProxy} at the proxy); ${versions}`,
    )
    expect({ failed, atProxy }).toEqual({ failed: 0, atProxy: 0 })
  },
  120_000,
)

test('recreate says that there is a gap, has one, and is then whole', async () => {
  const parts = { strategy: 'recreate' }
  const { notes } = await rig.resolve('shop-recreate', '1.0.0', parts)
  expect(notes.join(' ')).toContain('there is a gap')
  await rig.deployed('shop-recreate', '1.0.0', parts)
  const visitors = await rig.visit('shop-recreate')
  await onlyServed(visitors, '1.0.0')
  expect(counted(visitors).failed).toBe(0)

  const end = await rig.deployed('shop-recreate', '1.1.0', parts)
  expect(end.status, end.outcome).toBe('active')
  await onlyServed(visitors, '1.1.0')
  const inTheGap = counted(visitors).failed
  expect(inTheGap).toBeGreaterThan(0)
  await visitors.stop()
  const { total, failed } = counted(visitors)
  expect(failed).toBe(inTheGap)
  report.push(`recreate    ${total} requests, ${failed} failed, all of them in its gap`)
}, 60_000)

test('the proxy gives each step of a canary the weight that was asked, to one request in a hundred', async () => {
  const service = 'shop-weights'
  const target = rig.target(service)
  const asked = [1, 10, 25, 50, 90]
  const steps = asked.map((weight) => ({ weight, pause: 'manual' }))
  await rig.deployed(service, '1.0.0')
  const { deployment } = await rig.deploy(service, '1.1.0', { strategy: { canary: steps } })
  const visitors = await rig.visit(service, 600)
  for (const [index, weight] of asked.entries()) {
    const gate = `step-${index + 1}`
    await rig.until(deployment, (s) => s.gate?.name === gate && s.progress?.weights.candidate === weight)
    const before = await requests(target)
    await expect
      .poll(async () => sum(minus(await requests(target), before)), { timeout: 30_000 })
      .toBeGreaterThan(1_000)
    const seen = minus(await requests(target), before)
    const observed = (100 * (seen['1.1.0'] ?? 0)) / sum(seen)
    report.push(`weight      asked ${weight} %, observed ${observed.toFixed(2)} % of ${sum(seen)} requests`)
    expect(Math.abs(observed - weight)).toBeLessThanOrEqual(1)
    await rig.client.promote(deployment)
  }
  expect((await rig.client.result(deployment)).status).toBe('active')
  await visitors.stop()
  expect(counted(visitors).failed).toBe(0)
}, 120_000)

/** Until every visitor of half a second was answered by the version. */
async function onlyServed(visitors: Visitors, version: string) {
  await expect.poll(() => [...visitors.recent(500).keys()], { timeout: 15_000 }).toEqual([version])
}

function counted({ seen }: Visitors) {
  const all = [...seen.values()]
  const versions = [...seen].map(([version, { total }]) => `${version}: ${total}`).join(', ')
  return {
    total: all.reduce((n, { total }) => n + total, 0),
    failed: all.reduce((n, { failed }) => n + failed, 0),
    versions,
  }
}

type Counts = Record<string, number>

/** Requests by version, as the proxy counted them. */
async function requests(target: Parameters<Rig['platform']['observe']>[0]): Promise<Counts> {
  const releases = (await rig.platform.traffic?.(target))?.releases ?? {}
  return Object.fromEntries(Object.entries(releases).map(([id, counters]) => [id.split('-')[0], counters.requests]))
}

const minus = (a: Counts, b: Counts): Counts =>
  Object.fromEntries(Object.entries(a).map(([version, count]) => [version, count - (b[version] ?? 0)]))
const sum = (counts: Counts) => Object.values(counts).reduce((a, b) => a + b, 0)
