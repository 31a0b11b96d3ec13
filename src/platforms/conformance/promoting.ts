import assert from 'node:assert/strict'
import type { TargetState } from '../port.ts'
import { awaitReady, bothSlots, claimAs, essence, fenceOf, type Part, refuses, stableTarget } from './harness.ts'

/** The end of a deployment, and what survives a crash in its middle. */
export const promoting: Part = ({ describe, test }, harness) => {
  describe('promotion and crashes', () => {
    test('a promotion ends with the release in the stable slot, all weight, no candidate; twice is once', async () => {
      const { platform, release, ask } = harness()
      const two = await release('1.1.0')
      const { target, fence, state } = await bothSlots(harness(), await release('1.0.0'), two)
      await platform.route(target, { weights: { stable: 0, candidate: 100 } }, fence)
      await platform.promote(target, fence)
      const promoted = await awaitReady(harness(), target, 'stable', two)
      assert.equal(promoted.slots.candidate, null)
      assert.deepEqual(promoted.routing.weights, { stable: 100, candidate: 0 })
      assert.equal(promoted.endpoint, state.endpoint)
      assert.equal(await ask(promoted), '1.1.0')
      await platform.promote(target, fence)
      assert.deepEqual(essence(await platform.observe(target)), essence(promoted))
    })

    test('with an empty candidate slot a promotion changes nothing', async () => {
      const { platform, release } = harness()
      const { target, fence, state } = await stableTarget(harness(), await release('1.0.0'))
      await platform.promote(target, fence)
      assert.deepEqual(essence(await platform.observe(target)), essence(state))
    })

    test('a candidate that is not ready is not promoted over a stable slot that is', async () => {
      const { platform, release, ask } = harness()
      const { target, fence } = await stableTarget(harness(), await release('1.0.0'))
      const unready = await release('1.1.0', 'unready')
      await platform.apply(target, 'candidate', { release: unready, scale: 'keep' }, fence)
      await refuses(platform.promote(target, fence), 'routing.unready')
      assert.equal(await ask(await platform.observe(target)), '1.0.0')
    })

    test('a crash in the middle loses nothing that was written, and brings nothing back', async () => {
      const { platform, release, ask, crash } = harness()
      if (!crash) return
      const [one, two] = [await release('1.0.0'), await release('1.1.0')]
      const { target, fence } = await bothSlots(harness(), one, two)
      const weights = { stable: 50, candidate: 50 }
      if (platform.capabilities.weights === 'exact') await platform.route(target, { weights }, fence)
      const before = await platform.observe(target)
      await crash()
      await awaitReady(harness(), target, 'stable', one)
      const after = await awaitReady(harness(), target, 'candidate', two)
      assert.deepEqual(essence(after), essence(before))
      assert.equal(after.endpoint, before.endpoint)

      await claimAs(harness(), target, fenceOf(1, 1))
      await platform.route(target, { weights: { stable: 100, candidate: 0 } }, fenceOf(1, 1))
      await platform.retire(target, 'candidate', fenceOf(1, 1))
      await crash()
      await refuses(platform.route(target, { weights }, fence), 'fence.stale')
      const back: TargetState = await awaitReady(harness(), target, 'stable', one)
      assert.equal(back.slots.candidate, null)
      assert.equal(await ask(back), '1.0.0')
    })
  })
}
