import assert from 'node:assert/strict'
import type { TargetState } from '../port.ts'
import { bothSlots, type ConformanceHarness, essence, type Part, refuses, stableTarget } from './harness.ts'

/** Which slot serves. A platform that can't split is asked for 0 and 100 only. */
export const routing: Part = ({ describe, test }, harness) => {
  describe('routing', () => {
    test('weights are in force as soon as the write returns, and observed as they were asked', async () => {
      const { platform, release } = harness()
      const { target, fence, state } = await bothSlots(harness(), await release('1.0.0'), await release('1.1.0'))
      for (const candidate of platform.capabilities.weights === 'exact' ? [10, 50, 100, 0] : [100, 0]) {
        const weights = { stable: 100 - candidate, candidate }
        await platform.route(target, { weights }, fence)
        await platform.route(target, { weights }, fence)
        assert.deepEqual((await platform.observe(target)).routing.weights, weights)
        const share = await shareOf(harness(), state, '1.1.0', 100)
        if (candidate === 0 || candidate === 100) assert.equal(share, candidate)
        else assert.ok(Math.abs(share - candidate) <= 1, `${share} of 100 at ${candidate} %`)
      }
    })

    test('weights that do not sum to 100 are refused', async () => {
      const { platform, release } = harness()
      const { target, fence } = await bothSlots(harness(), await release('1.0.0'), await release('1.1.0'))
      const before = essence(await platform.observe(target))
      for (const weights of [
        { stable: 50, candidate: 49 },
        { stable: 100, candidate: 1 },
        { stable: 110, candidate: -10 },
      ]) {
        await refuses(platform.route(target, { weights }, fence), 'input.invalid')
      }
      assert.deepEqual(essence(await platform.observe(target)), before)
    })

    test('no weight goes to a slot without a ready instance while the other has one', async () => {
      const { platform, release, ask } = harness()
      const { target, fence } = await stableTarget(harness(), await release('1.0.0'))
      const weights = { stable: 99, candidate: 1 }
      await refuses(platform.route(target, { weights }, fence), 'routing.unready')
      const unready = await release('1.1.0', 'unready')
      await platform.apply(target, 'candidate', { release: unready, scale: 'keep' }, fence)
      await refuses(platform.route(target, { weights }, fence), 'routing.unready')
      const state = await platform.observe(target)
      assert.deepEqual(state.routing.weights, { stable: 100, candidate: 0 })
      assert.equal(await ask(state), '1.0.0')
    })

    test('weight on a slot that is retired goes to the other first', async () => {
      const { platform, release, ask } = harness()
      const { target, fence } = await bothSlots(harness(), await release('1.0.0'), await release('1.1.0'))
      await platform.route(target, { weights: { stable: 0, candidate: 100 } }, fence)
      await platform.retire(target, 'candidate', fence)
      const state = await platform.observe(target)
      assert.deepEqual(state.routing.weights, { stable: 100, candidate: 0 })
      assert.equal(await ask(state), '1.0.0')
    })

    test('traffic is counted per release, where the platform counts', async () => {
      const { platform, release } = harness()
      if (!platform.capabilities.traffic) return
      assert.ok(platform.traffic, 'the capability is there, the verb is not')
      const one = await release('1.0.0')
      const { target, state } = await stableTarget(harness(), one)
      await shareOf(harness(), state, '1.0.0', 10)
      const counters = (await platform.traffic(target)).releases[one.id]
      assert.equal(counters?.requests, 10)
      assert.equal(counters?.errors, 0)
      assert.deepEqual(counters?.latency.at(-1), { le: null, count: 10 })
      const counts = counters?.latency.map(({ count }) => count) ?? []
      assert.deepEqual(
        counts,
        counts.toSorted((a, b) => a - b),
        'cumulative',
      )
    })
  })
}

async function shareOf({ ask }: ConformanceHarness, state: TargetState, version: string, requests: number) {
  let count = 0
  for (let i = 0; i < requests; i++) if ((await ask(state)) === version) count++
  return count
}
