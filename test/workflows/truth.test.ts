/** Temporal is the truth about running deployments, the platform about what runs: whatever was lost is found again. */
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

const serviceId = (service: string) => `service/production/${engine.location}/${service}`

async function halfWay() {
  const service = unique('truth')
  await deployed(engine, service)
  const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([50, 'manual']) })
  await engine.until(accepted.deployment, (s) => s.gate !== null)
  return { service, accepted, id: accepted.deployment }
}

describe.concurrent('a service workflow that was terminated', () => {
  it('while a deployment runs: the next request finds it, follows it and waits for it', async () => {
    const { service, accepted, id } = await halfWay()
    await engine.handle(serviceId(service)).terminate()
    const next = await engine.deploy(service, '1.2.0')
    expect(next).toMatchObject({ number: 3, position: 1 })
    expect((await engine.service(service)).running?.id).toBe(id)
    await engine.decide(id, 'promote')
    expect((await engine.finish(accepted)).status).toBe('active')
    const summary = await engine.finish(next)
    expect(summary).toMatchObject({ status: 'active', previous: { version: '1.1.0' } })
  })

  it('while two run: the second, which asks its turn later, is followed too', async () => {
    const { service, accepted, id } = await halfWay()
    const approval = await engine.deploy(service, '1.2.0', { approval: true })
    await engine.until(approval.deployment, (s) => s.gate !== null)
    await engine.handle(serviceId(service)).terminate()
    const third = await engine.deploy(service, '1.3.0', { approval: true })
    expect(third.number).toBe(4)
    await engine.decide(id, 'promote')
    await engine.finish(accepted)
    await engine.decide(approval.deployment, 'approve')
    expect((await engine.finish(approval)).status).toBe('active')
    await engine.until(third.deployment, (s) => s.gate !== null)
    await engine.decide(third.deployment, 'approve')
    expect(await engine.finish(third)).toMatchObject({ status: 'active', previous: { version: '1.2.0' } })
  })

  it('while nothing runs: what the platform says is known again, and rollbacks work', async () => {
    const service = unique('lost')
    await deployed(engine, service, '1.0.0')
    await deployed(engine, service, '1.1.0')
    await engine.handle(serviceId(service)).terminate()
    const next = await deployed(engine, service, '1.2.0')
    expect(next).toMatchObject({ number: 3, sequence: 3 })
    await engine.finish(await engine.ask(service, 'rollback', { to: '1.0.0', kind: 'immediate' }))
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })
})

describe.concurrent('a deployment that was terminated', () => {
  it('half way is followed by a restore to the snapshot, with the next sequence', async () => {
    const { service, accepted, id } = await halfWay()
    await engine.handle(id).terminate()
    const { history } = await engine.untilService(service, (s) => s.history.some(({ kind }) => kind === 'restore'))
    expect(history[0]).toMatchObject({ kind: 'restore', status: 'active', number: 3, sequence: 3, version: '1.0.0' })
    expect(history[1]).toMatchObject({ number: accepted.number, status: 'failed' })
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
    await deployed(engine, service, '1.2.0')
  })

  it('together with its service is restored when the next request comes, and only then does that begin', async () => {
    const { service, id } = await halfWay()
    await engine.handle(serviceId(service)).terminate()
    await engine.handle(id).terminate()
    const next = await engine.deploy(service, '1.2.0', { strategy: canary([10, 'manual']) })
    const state = await engine.until(next.deployment, (s) => s.gate !== null)
    expect(state.previous?.version).toBe('1.0.0')
    await engine.decide(next.deployment, 'abort')
    await engine.finish(next)
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('at its first deployment leaves nothing', async () => {
    const service = unique('first')
    const accepted = await engine.deploy(service, '1.0.0', { bakeMs: 600_000 })
    await engine.until(accepted.deployment, (s) => s.status === 'activating')
    await engine.handle(accepted.deployment).terminate()
    await engine.untilService(service, (s) => s.history.some(({ kind }) => kind === 'restore'))
    expect(await whatRuns(engine, service)).toEqual(only(null))
  })

  it('while it only waits restores nothing, and what runs goes on', async () => {
    const { service, accepted, id } = await halfWay()
    const approval = await engine.deploy(service, '1.2.0', { approval: true })
    await engine.until(approval.deployment, (s) => s.gate !== null)
    await engine.handle(approval.deployment).terminate()
    await engine.untilService(service, (s) => s.history[0]?.number === approval.number)
    await engine.decide(id, 'promote')
    expect((await engine.finish(accepted)).status).toBe('active')
    const { history } = await engine.service(service)
    expect(history.map(({ kind }) => kind)).not.toContain('restore')
    expect(await whatRuns(engine, service)).toEqual(only('1.1.0'))
  })
})

describe.concurrent('what was done past the engine', () => {
  it('`rollback --direct` is honoured: by the deployment in flight, and by the next one', async () => {
    const { service, accepted, id } = await halfWay()
    const target = engine.target(service)
    const { anchor, slots } = await engine.platform.observe(target)
    const release = slots.stable?.release ?? expect.unreachable()
    const direct = { by: 'ben', at: new Date().toISOString(), release }
    const fence = { sequence: 9, epoch: 0 as const, step: 1 }
    await engine.platform.claim(target, { fence, holder: 'direct/ben', engine: anchor?.engine ?? '', direct })
    await engine.platform.route(target, { weights: { stable: 100, candidate: 0 } }, { ...fence, step: 2 })
    await engine.platform.retire(target, 'candidate', { ...fence, step: 3 })
    await engine.decide(id, 'promote')
    expect((await engine.finish(accepted)).status).toBe('superseded')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
    const state = await engine.untilService(service, (s) => s.sequence === 9)
    expect(state.stable?.version).toBe('1.0.0')
    expect((await deployed(engine, service, '1.2.0')).sequence).toBe(10)
  })

  it('another engine’s target is refused, unless it is taken over', async () => {
    const service = unique('other')
    const target = engine.target(service)
    const fence = { sequence: 4, epoch: 0 as const, step: 1 }
    await engine.platform.claim(target, { fence, holder: 'theirs', engine: 'another' })
    const refused = await engine.finish(await engine.deploy(service, '1.0.0'))
    expect(refused).toMatchObject({ status: 'failed', error: { code: 'engine.other' } })
    const taken = await engine.finish(await engine.deploy(service, '1.0.0', {}, { takeOver: true }))
    expect(taken).toMatchObject({ status: 'active', sequence: 6 })
  })
})
