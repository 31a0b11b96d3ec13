/** Several people look at the same deployment. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DeploymentState } from '../../src/client/index.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close(), 60_000)

test('six who watch one deployment closely are all answered, and all see its last lines', async () => {
  const service = 'watched'
  await rig.deployed(service, '1.0.0')
  const { deployment } = await rig.deploy(service, '1.1.0', {
    strategy: { canary: [10, 50], pause: '1s' },
    analysis: false,
  })
  // Temporal's server holds one query at a time of a workflow that is busy, and refuses the next.
  const watchers = Array.from({ length: 6 }, async () => {
    let last: DeploymentState | undefined
    for await (const state of rig.client.watch(deployment, { everyMs: 10 })) last = state
    return last
  })
  for (const last of await Promise.all(watchers)) {
    expect(last).toMatchObject({ status: 'active', version: '1.1.0' })
    expect(last?.timeline.map(({ text }) => text).join('\n')).toContain('packaging 1.1.0')
  }
}, 60_000)
