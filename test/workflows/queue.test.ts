import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canary, type Engine, startEngine } from '../engine/harness.ts'
import { deployed, only, whatRuns } from '../engine/outcomes.ts'
import { unique } from '../setup/temporal.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  await engine.close()
})

const waiting = canary([10, 'manual'])

/** A service with 1.0.0 stable and 1.1.0 half way, waiting for a person. */
async function busy() {
  const service = unique('busy')
  await deployed(engine, service)
  const inFlight = await engine.deploy(service, '1.1.0', { strategy: waiting })
  await engine.until(inFlight.deployment, (s) => s.gate !== null)
  return { service, inFlight }
}
const promote = (id: string) => engine.decide(id, 'promote', { full: true })

describe.concurrent('a deployment that finds its target busy', () => {
  it('waits its turn, in the order of acceptance', async () => {
    const { service, inFlight } = await busy()
    const second = await engine.deploy(service, '1.2.0')
    const third = await engine.deploy(service, '1.3.0')
    expect([second.position, third.position]).toEqual([1, 2])
    expect((await engine.service(service)).queue.map((q) => q.version)).toEqual(['1.2.0', '1.3.0'])
    await promote(inFlight.deployment)
    await engine.finish(third)
    const { history } = await engine.service(service)
    expect(history.map((h) => `${h.version} ${h.status}`)).toEqual([
      '1.3.0 active',
      '1.2.0 inactive',
      '1.1.0 inactive',
      '1.0.0 inactive',
    ])
    expect(history.map((h) => h.sequence)).toEqual([4, 3, 2, 1])
  })

  it('supersedes those that wait, when told', async () => {
    const { service, inFlight } = await busy()
    const second = await engine.deploy(service, '1.2.0')
    const third = await engine.deploy(service, '1.3.0', {}, { whenBusy: 'supersede' })
    expect(await engine.finish(second)).toMatchObject({ status: 'superseded', outcome: 'superseded by 1.3.0 (anna)' })
    await promote(inFlight.deployment)
    expect((await engine.finish(third)).status).toBe('active')
  })

  it('replaces the one that runs, when told; the way back is still to the first version (lesson 7)', async () => {
    const { service, inFlight } = await busy()
    const strategy = canary([10, 'manual'])
    const third = await engine.deploy(service, '1.2.0', { strategy }, { whenBusy: 'replace' })
    expect((await engine.finish(inFlight)).status).toBe('superseded')
    const state = await engine.until(third.deployment, (s) => s.gate !== null)
    expect(state.previous?.version).toBe('1.0.0')
    await engine.decide(third.deployment, 'abort')
    await engine.finish(third)
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('is refused, when told', async () => {
    const { service, inFlight } = await busy()
    const refused = engine.deploy(service, '1.2.0', {}, { whenBusy: 'refuse' })
    await expect(refused).rejects.toMatchObject({ type: 'deploy.refused-busy' })
    await promote(inFlight.deployment)
    await engine.finish(inFlight)
    expect((await engine.finish(await engine.deploy(service, '1.2.0', {}, { whenBusy: 'refuse' }))).status).toBe(
      'active',
    )
  })

  it('is refused when twenty wait already', async () => {
    const { service, inFlight } = await busy()
    for (let i = 0; i < 20; i++) await engine.deploy(service, `2.0.${i}`, { approval: true })
    await expect(engine.deploy(service, '2.1.0')).rejects.toMatchObject({ type: 'deploy.queue-full' })
    await expect(engine.ask(service, 'restart')).rejects.toMatchObject({ type: 'deploy.queue-full' })
    const last = await engine.deploy(service, '2.1.0', {}, { whenBusy: 'replace' })
    expect((await engine.finish(last)).status).toBe('active')
    expect((await engine.finish(inFlight)).status).toBe('superseded')
    expect((await engine.service(service)).queue).toEqual([])
  })
})

describe.concurrent('the same request id', () => {
  it('twice is one deployment', async () => {
    const service = unique('twice')
    const first = await engine.deploy(service, '1.0.0', {}, { requestId: 'r' })
    const again = await engine.deploy(service, '1.0.0', {}, { requestId: 'r' })
    expect(again).toMatchObject({ deployment: first.deployment, number: 1, duplicate: true })
    await engine.finish(first)
    expect(await engine.deploy(service, '9.9.9', {}, { requestId: 'r' })).toMatchObject({ number: 1, duplicate: true })
  })

  it('twice at once is one rollback', async () => {
    const service = unique('at-once')
    await deployed(engine, service, '1.0.0')
    await deployed(engine, service, '1.1.0')
    const both = await Promise.all([1, 2].map(() => engine.ask(service, 'rollback', { requestId: 'r' })))
    expect(both.map(({ number }) => number)).toEqual([3, 3])
    expect(both.filter(({ duplicate }) => duplicate)).toHaveLength(1)
    await engine.finish(both[0] ?? expect.unreachable())
    expect((await engine.service(service)).history).toHaveLength(3)
  })

  it('of a rollback that aborted what ran does nothing more when it comes again', async () => {
    const { service, inFlight } = await busy()
    const first = await engine.ask(service, 'rollback', { requestId: 'r' })
    expect(first).toMatchObject({ aborting: true, deployment: inFlight.deployment })
    await engine.finish(inFlight)
    const again = await engine.ask(service, 'rollback', { requestId: 'r' })
    expect(again).toMatchObject({ aborting: true, duplicate: true, number: 2 })
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })
})

describe.concurrent('the queue after a deployment that was not successful', () => {
  it('pauses: what was built on a failed version does not start by itself', async () => {
    const { service, inFlight } = await busy()
    const second = await engine.deploy(service, '1.2.0')
    await engine.decide(inFlight.deployment, 'abort')
    await engine.finish(inFlight)
    const paused = await engine.service(service)
    expect(paused).toMatchObject({ queuePaused: '#2 (1.1.0) ended aborted', running: null })
    expect((await engine.deploy(service, '1.3.0')).note).toContain('the queue is paused')
    await engine.ask(service, 'resumeQueue')
    expect((await engine.finish(second)).status).toBe('active')
  })

  it('goes on, where that is declared', async () => {
    const service = unique('go-on')
    await deployed(engine, service)
    const bad = await engine.deploy(service, '1.1.0', { strategy: waiting }, { onFailure: 'continue-queue' })
    await engine.until(bad.deployment, (s) => s.gate !== null)
    const second = await engine.deploy(service, '1.2.0')
    await engine.decide(bad.deployment, 'abort')
    expect((await engine.finish(second)).status).toBe('active')
  })
})

describe.concurrent('a freeze', () => {
  it('refuses deployments, never a rollback, until it is lifted', async () => {
    const service = unique('freeze')
    await deployed(engine, service, '1.0.0')
    await deployed(engine, service, '1.1.0')
    await engine.ask(service, 'freeze', { reason: 'holidays' })
    await expect(engine.deploy(service, '1.2.0')).rejects.toMatchObject({
      type: 'deploy.refused-frozen',
      message: expect.stringContaining('holidays'),
    })
    expect((await engine.finish(await engine.ask(service, 'rollback'))).status).toBe('active')
    await engine.ask(service, 'unfreeze')
    await deployed(engine, service, '1.2.0')
  })
})

describe.concurrent('a request in place', () => {
  it('scales without touching the release', async () => {
    const service = unique('scale')
    const first = await deployed(engine, service)
    const summary = await engine.finish(await engine.ask(service, 'scale', { scale: { replicas: 5 } }))
    expect(summary).toMatchObject({ kind: 'scale', status: 'active', release: first.release })
    expect((await engine.platform.observe(engine.target(service))).slots.stable).toMatchObject({ desired: 5 })
    await expect(engine.ask(service, 'scale')).rejects.toMatchObject({ type: 'input.invalid' })
  })

  it('restarts the instances and keeps their number', async () => {
    const service = unique('restart')
    await deployed(engine, service)
    await engine.finish(await engine.ask(service, 'scale', { scale: { replicas: 3 } }))
    expect(await engine.finish(await engine.ask(service, 'restart'))).toMatchObject({
      kind: 'restart',
      status: 'active',
    })
    expect((await engine.platform.observe(engine.target(service))).slots.stable).toMatchObject({ desired: 3 })
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })
})
