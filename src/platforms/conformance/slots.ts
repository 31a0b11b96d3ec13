import assert from 'node:assert/strict'
import { awaitReady, awaitState, bothSlots, claimAs, fenceOf, type Part, refuses, stableTarget } from './harness.ts'

/** What runs: prepare, apply, retire. */
export const slots: Part = ({ describe, test }, harness) => {
  describe('slots', () => {
    test('what is applied becomes ready and answers; applied again it is the same', async () => {
      const { platform, release, ask } = harness()
      const one = await release('1.0.0')
      const { target, fence, state } = await stableTarget(harness(), one, 2)
      assert.equal(state.slots.stable?.desired, 2)
      assert.equal(await ask(state), '1.0.0')
      await platform.prepare(target, one, fence)
      await platform.apply(target, 'stable', { release: one, scale: { replicas: 2 } }, fence)
      const again = await platform.observe(target)
      assert.deepEqual(again.slots.stable?.instances, state.slots.stable?.instances)
      assert.deepEqual(again.anchor?.releases, [one])
    })

    test('a release that has no record is refused', async () => {
      const { platform, target: fresh } = harness()
      const target = fresh()
      await claimAs(harness(), target, fenceOf(1))
      const release = { id: '9.9.9-00000000', version: '9.9.9', digest: `sha256:${'0'.repeat(64)}` }
      await refuses(platform.prepare(target, release, fenceOf(1)), 'release.unknown')
      await refuses(
        platform.apply(target, 'stable', { release, scale: { replicas: 1 } }, fenceOf(1)),
        'release.unknown',
      )
      assert.equal((await platform.observe(target)).slots.stable, null)
    })

    for (const rollout of [{ maxSurge: 1, maxUnavailable: 0 }, 'recreate'] as const) {
      test(`a release replaces another in the stable slot: ${rollout === 'recreate' ? rollout : 'rolling'}`, async () => {
        const { platform, release, ask } = harness()
        const [one, two] = [await release('1.0.0'), await release('1.1.0')]
        const { target, fence } = await stableTarget(harness(), one, 2)
        await platform.apply(target, 'stable', { release: two, scale: 'keep', rollout }, fence)
        const state = await awaitReady(harness(), target, 'stable', two)
        assert.equal(state.slots.stable?.desired, 2)
        assert.equal(await ask(state), '1.1.0')
      })
    }

    test('a third release over a second that is not ready yet still ends whole', async () => {
      const { platform, release, ask } = harness()
      const [one, two, three] = [await release('1.0.0'), await release('1.1.0', 'unready'), await release('1.2.0')]
      const { target, fence } = await stableTarget(harness(), one, 2)
      const rollout = { maxSurge: 1, maxUnavailable: 0 }
      await platform.apply(target, 'stable', { release: two, scale: 'keep', rollout }, fence)
      await platform.apply(target, 'stable', { release: three, scale: 'keep', rollout }, fence)
      const state = await awaitReady(harness(), target, 'stable', three)
      assert.equal(await ask(state), '1.2.0')
    })

    test('the count follows the scale, and `keep` leaves it', async () => {
      const { platform, release } = harness()
      const one = await release('1.0.0')
      const { target, fence } = await stableTarget(harness(), one)
      await platform.apply(target, 'stable', { release: one, scale: { replicas: 3 } }, fence)
      assert.equal((await awaitReady(harness(), target, 'stable', one)).slots.stable?.ready, 3)
      await platform.apply(target, 'stable', { release: one, scale: 'keep' }, fence)
      assert.equal((await platform.observe(target)).slots.stable?.desired, 3)
      await platform.apply(target, 'stable', { release: one, scale: { replicas: 1 } }, fence)
      await awaitState(
        harness(),
        target,
        ({ slots: { stable } }) => stable?.instances.length === 1,
        'one instance left',
      )
    })

    test('another restart token replaces the instances, the same one does not', async () => {
      const { platform, release } = harness()
      const one = await release('1.0.0')
      const { target, fence, state } = await stableTarget(harness(), one)
      const before = state.slots.stable?.instances[0]?.name
      const goal = { release: one, scale: 'keep' as const, restart: 'now' }
      await platform.apply(target, 'stable', goal, fence)
      const replaced = await awaitState(
        harness(),
        target,
        ({ slots: { stable } }) => stable?.ready === 1 && stable.outdated === 0 && stable.instances[0]?.name !== before,
        'replaced',
      )
      await platform.apply(target, 'stable', goal, fence)
      const { stable } = (await platform.observe(target)).slots
      assert.equal(stable?.instances[0]?.name, replaced.slots.stable?.instances[0]?.name)
      assert.equal(stable?.outdated, 0)
    })

    test('what keeps crashing is told, and takes nothing from what serves', async () => {
      const { platform, release, ask } = harness()
      const { target, fence } = await stableTarget(harness(), await release('1.0.0'))
      const bad = await release('1.1.0', 'crashing')
      await platform.apply(
        target,
        'stable',
        { release: bad, scale: 'keep', rollout: { maxSurge: 1, maxUnavailable: 0 } },
        fence,
      )
      const crashing = (state: Awaited<ReturnType<typeof platform.observe>>) => state.slots.stable?.crashLoop != null
      const state = await awaitState(harness(), target, crashing, 'a crash loop')
      assert.equal(state.slots.stable?.ready, 0)
      assert.equal(await ask(state), '1.0.0')
    })

    test('a retired slot does not come back, and retiring it again changes nothing', async () => {
      const { platform, release } = harness()
      const { target, fence } = await bothSlots(harness(), await release('1.0.0'), await release('1.1.0'))
      await platform.retire(target, 'candidate', fence)
      assert.equal((await platform.observe(target)).slots.candidate, null)
      await claimAs(harness(), target, fenceOf(2))
      await refuses(
        platform.apply(target, 'candidate', { release: await release('1.1.0'), scale: 'keep' }, fence),
        'fence.stale',
      )
      await platform.retire(target, 'candidate', fenceOf(2))
      const state = await platform.observe(target)
      assert.equal(state.slots.candidate, null)
      assert.equal(state.slots.stable?.ready, 1)
    })

    test('`retire all` leaves nothing but the fence', async () => {
      const { platform, release, ask } = harness()
      const { target, fence } = await bothSlots(harness(), await release('1.0.0'), await release('1.1.0'))
      await platform.retire(target, 'all', fence)
      const state = await platform.observe(target)
      assert.deepEqual(state.slots, { stable: null, candidate: null })
      assert.deepEqual(state.routing.weights, { stable: 100, candidate: 0 })
      assert.deepEqual(state.anchor?.fence, fence)
      assert.equal(await ask(state), null)
      await platform.retire(target, 'all', fence)
    })
  })
}
