import assert from 'node:assert/strict'
import {
  awaitReady,
  bothSlots,
  claimAs,
  engine,
  essence,
  fenceOf,
  type Part,
  refuses,
  stableTarget,
  writes,
} from './harness.ts'

/** Claim, snapshot, and the fence that every write tests. */
export const fencing: Part = ({ describe, test }, harness) => {
  describe('claim and fence', () => {
    test('a target never seen is empty, and looking leaves nothing behind', async () => {
      const { platform, target: fresh } = harness()
      const target = fresh()
      const { anchor, slots, routing } = await platform.observe(target)
      assert.deepEqual(
        { anchor, slots, routing },
        { anchor: null, slots: { stable: null, candidate: null }, routing: { weights: { stable: 100, candidate: 0 } } },
      )
      assert.ok(!(await platform.targets()).some(({ service }) => service === target.service))
    })

    test('nothing may be written before a claim', async () => {
      const { platform, target: fresh, release } = harness()
      const target = fresh()
      for (const [, write] of writes(harness(), target, await release('1.0.0'))) {
        await refuses(write(fenceOf(1)), 'fence.stale')
      }
      assert.equal((await platform.observe(target)).anchor, null)
    })

    test('a claim raises the fence, names holder and engine, and the target is known from then on', async () => {
      const { platform, target: fresh } = harness()
      const target = fresh()
      const { anchor } = await claimAs(harness(), target, fenceOf(3))
      assert.deepEqual(
        { fence: anchor?.fence, holder: anchor?.holder, engine: anchor?.engine },
        { fence: fenceOf(3), holder: 'deployment-3', engine },
      )
      assert.ok((await platform.targets()).some(({ service }) => service === target.service))
    })

    test('the same claim twice is one; an older one, or as new a one of another holder, is refused', async () => {
      const { platform, target: fresh } = harness()
      const target = fresh()
      const first = await claimAs(harness(), target, fenceOf(5, 0, 2))
      assert.deepEqual(essence(await claimAs(harness(), target, fenceOf(5, 0, 2))), essence(first))
      const other = { fence: fenceOf(5, 0, 2), holder: 'somebody else', engine }
      await refuses(platform.claim(target, other), 'fence.stale')
      for (const older of [fenceOf(5, 0, 1), fenceOf(4, 1, 9), fenceOf(4, 0, 99)]) {
        await refuses(claimAs(harness(), target, older), 'fence.stale')
      }
      assert.deepEqual(essence(await platform.observe(target)), essence(first))
    })

    test('epoch 1 outranks every step of epoch 0, and the next sequence outranks both', async () => {
      const target = harness().target()
      for (const fence of [fenceOf(1, 0, 99), fenceOf(1, 1, 1), fenceOf(2, 0, 1)]) {
        assert.deepEqual((await claimAs(harness(), target, fence)).anchor?.fence, fence)
      }
    })

    test("another engine's target is refused unless it is taken over", async () => {
      const { platform, target: fresh } = harness()
      const target = fresh()
      await claimAs(harness(), target, fenceOf(1))
      const claim = { fence: fenceOf(2), holder: 'theirs', engine: 'another' }
      await refuses(platform.claim(target, claim), 'engine.other')
      const { anchor } = await platform.claim(target, { ...claim, takeOver: true })
      assert.equal(anchor?.engine, 'another')
    })

    test('the first claim of a sequence writes the snapshot; later ones and the way back leave it', async () => {
      const { platform, release } = harness()
      const [old, next] = [await release('1.0.0'), await release('1.1.0')]
      const { target, state } = await stableTarget(harness(), old)
      assert.equal(state.anchor?.snapshot?.release, null)

      const { anchor } = await claimAs(harness(), target, fenceOf(2))
      assert.equal(anchor?.snapshot?.sequence, 2)
      assert.deepEqual(anchor?.snapshot?.release, old)
      assert.equal(anchor?.snapshot?.replicas, 1)
      assert.deepEqual(anchor?.snapshot?.weights, { stable: 100, candidate: 0 })

      await platform.apply(target, 'stable', { release: next, scale: 'keep' }, fenceOf(2))
      await awaitReady(harness(), target, 'stable', next)
      for (const fence of [fenceOf(2, 0, 7), fenceOf(2, 1, 1), fenceOf(2, 1, 1)]) {
        assert.deepEqual((await claimAs(harness(), target, fence)).anchor?.snapshot, anchor?.snapshot)
      }
      assert.deepEqual((await claimAs(harness(), target, fenceOf(3))).anchor?.snapshot?.release, next)
    })

    test('the mark of a direct rollback is seen by the next claim, and gone with the one after it', async () => {
      const { platform, target: fresh, release } = harness()
      const target = fresh()
      await claimAs(harness(), target, fenceOf(1))
      const direct = { by: 'a person', at: '2026-01-01T00:00:00.000Z', release: await release('1.0.0') }
      await platform.claim(target, { fence: fenceOf(2), holder: 'by hand', engine, direct })
      assert.deepEqual((await platform.observe(target)).anchor?.direct, direct)
      for (const fence of [fenceOf(3), fenceOf(3), fenceOf(3, 1)]) {
        assert.deepEqual((await claimAs(harness(), target, fence)).anchor?.direct, direct)
      }
      assert.equal((await claimAs(harness(), target, fenceOf(4))).anchor?.direct, undefined)
    })

    test('a write with an older fence changes nothing, whatever the verb', async () => {
      const { platform, release } = harness()
      const { target } = await bothSlots(harness(), await release('1.0.0'), await release('1.1.0'))
      await claimAs(harness(), target, fenceOf(2, 1))
      const before = essence(await platform.observe(target))
      for (const [verb, write] of writes(harness(), target, await release('1.2.0'))) {
        for (const fence of [fenceOf(1, 0, 9), fenceOf(1, 1, 9), fenceOf(2, 0, 99)]) {
          await refuses(write(fence), 'fence.stale')
        }
        assert.deepEqual(essence(await platform.observe(target)), before, verb)
      }
    })

    test("a write's newer fence is in force from then on", async () => {
      const { platform, release } = harness()
      const one = await release('1.0.0')
      const { target } = await stableTarget(harness(), one)
      await platform.route(target, { weights: { stable: 100, candidate: 0 } }, fenceOf(1, 0, 4))
      assert.deepEqual((await platform.observe(target)).anchor?.fence, fenceOf(1, 0, 4))
      await refuses(platform.retire(target, 'stable', fenceOf(1, 0, 3)), 'fence.stale')
    })
  })
}
