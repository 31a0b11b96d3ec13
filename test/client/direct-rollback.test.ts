import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { directRollback } from '../../src/client/index.ts'
import type { Fence } from '../../src/platforms/port.ts'
import type { ReleaseRef, Target } from '../../src/spec/index.ts'
import { createMemoryPlatform } from '../engine/memory-platform.ts'

const release = (version: string): ReleaseRef => ({ id: `${version}-00000000`, version, digest: `sha256:${version}` })
const [one, two, three] = [release('1.0.0'), release('1.1.0'), release('1.2.0')]
const all = { stable: 100, candidate: 0 }

/** A target with one release after the other made stable, each by a deployment of its own. */
async function withReleases(...releases: ReleaseRef[]) {
  const platform = createMemoryPlatform()
  const target: Target = { service: `shop-${randomUUID()}`, environment: 'production', location: 'here' }
  for (const [i, ref] of releases.entries()) {
    const at = (step: number): Fence => ({ sequence: i + 1, epoch: 0, step })
    await platform.claim(target, { fence: at(1), holder: `d${i + 1}`, engine: 'one' })
    await platform.prepare(target, ref, at(2))
    await platform.apply(target, 'stable', { release: ref, scale: { replicas: 2 } }, at(3))
    await platform.route(target, { weights: all }, at(4))
  }
  const sequence = releases.length
  return { platform, target, sequence }
}

describe('going back without Temporal', () => {
  it('leads to what stood before the last deployment', async () => {
    const { platform, target } = await withReleases(one, two)
    expect(await directRollback(platform, target, { by: 'anna' })).toEqual(one)
    const { slots, routing } = await platform.observe(target)
    expect(slots.stable?.release).toEqual(one)
    expect(slots.candidate).toBeNull()
    expect(routing.weights).toEqual(all)
  })

  it('of a canary that is under way is one route, and takes the candidate away', async () => {
    const { platform, target, sequence } = await withReleases(one)
    const at = (step: number): Fence => ({ sequence: sequence + 1, epoch: 0, step })
    await platform.claim(target, { fence: at(1), holder: 'd2', engine: 'one' })
    await platform.prepare(target, two, at(2))
    await platform.apply(target, 'candidate', { release: two, scale: { replicas: 1 } }, at(3))
    await platform.route(target, { weights: { stable: 50, candidate: 50 } }, at(4))
    expect(await directRollback(platform, target, { by: 'anna' })).toEqual(one)
    const { slots, routing } = await platform.observe(target)
    expect([slots.stable?.release, slots.candidate, routing.weights]).toEqual([one, null, all])
  })

  it('claims the next fence, so that the deployment it interrupts can write no more, and leaves a mark', async () => {
    const { platform, target, sequence } = await withReleases(one, two)
    await directRollback(platform, target, { by: 'anna' })
    const { anchor } = await platform.observe(target)
    expect(anchor?.fence.sequence).toBe(sequence + 1)
    expect(anchor?.direct).toMatchObject({ by: 'anna', release: one })
    expect(anchor?.engine).toBe('one')
    const late = platform.route(target, { weights: all }, { sequence, epoch: 1, step: 99 })
    await expect(late).rejects.toMatchObject({ code: 'fence.stale' })
  })

  it('goes to a release by its version, if that was kept', async () => {
    const { platform, target } = await withReleases(one, two, three)
    expect(await directRollback(platform, target, { by: 'anna', to: '1.0.0' })).toEqual(one)
    const unknown = directRollback(platform, target, { by: 'anna', to: '9.9.9' })
    await expect(unknown).rejects.toMatchObject({ code: 'rollback.unknown-release' })
  })

  it('says that there is nothing to go back to, and changes nothing', async () => {
    const { platform, target } = await withReleases(one)
    await expect(directRollback(platform, target, { by: 'anna' })).rejects.toMatchObject({ code: 'rollback.nothing' })
    expect((await platform.observe(target)).anchor?.direct).toBeUndefined()
    const never = { ...target, service: 'never' }
    await expect(directRollback(platform, never, { by: 'anna' })).rejects.toMatchObject({ code: 'rollback.nothing' })
  })

  it('gives up on a release that keeps crashing while the other still has all traffic', async () => {
    const { platform, target } = await withReleases(one, two)
    platform.faults.crashing.add('1.0.0')
    await expect(directRollback(platform, target, { by: 'anna' })).rejects.toMatchObject({
      code: 'readiness.crash-loop',
    })
    const { slots, routing } = await platform.observe(target)
    expect(slots.stable?.release).toEqual(two)
    expect(routing.weights).toEqual(all)
  })
})
