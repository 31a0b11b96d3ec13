import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blueGreen, canary, type Engine, startEngine } from '../engine/harness.ts'
import { deployed, only, whatRuns } from '../engine/outcomes.ts'
import { unique } from '../setup/temporal.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  await engine.close()
})

/** A canary from 1.0.0 to 1.1.0, at its first gate. */
async function atGate(...steps: [number, number | 'manual'][]) {
  const service = unique('gate')
  await deployed(engine, service)
  const accepted = await engine.deploy(service, '1.1.0', { strategy: canary(...steps) })
  await engine.until(accepted.deployment, (s) => s.gate !== null)
  return { service, accepted, id: accepted.deployment, child: `${accepted.deployment}/canary` }
}

describe.concurrent('a decision', () => {
  it('as a bare signal does what the update does', async () => {
    const { id, accepted } = await atGate([10, 'manual'])
    await engine.signal(id, 'promote', { by: 'cleo' })
    expect((await engine.finish(accepted)).status).toBe('active')
    const approval = await engine.deploy(unique('gate'), '1.0.0', { approval: true })
    await engine.until(approval.deployment, (s) => s.gate !== null)
    await engine.signal(approval.deployment, 'approve')
    expect((await engine.finish(approval)).status).toBe('active')
  })

  it('to reject, as a bare signal, ends it unchanged', async () => {
    const service = unique('gate')
    const approval = await engine.deploy(service, '1.0.0', { approval: true })
    await engine.until(approval.deployment, (s) => s.gate !== null)
    await engine.signal(approval.deployment, 'reject', { by: 'cleo', reason: 'no' })
    expect((await engine.finish(approval)).status).toBe('rejected')
    expect(await whatRuns(engine, service)).toEqual(only(null))
  })

  it('that is impossible now gets a clear answer and changes nothing', async () => {
    const { id } = await atGate([10, 'manual'])
    for (const name of ['approve', 'reject', 'resume', 'retry', 'skip'] as const) {
      await expect(engine.decide(id, name)).rejects.toMatchObject({ type: 'decision.nothing-waits' })
      await engine.signal(id, name, { by: 'cleo' })
    }
    await expect(engine.decide(id, 'promote', { gate: 'step-9' })).rejects.toMatchObject({
      type: 'decision.other-gate',
    })
    const state = await engine.until(id, (s) => s.timeline.some(({ text }) => text.startsWith('dropped: skip')))
    expect(state).toMatchObject({ status: 'executing', gate: { name: 'step-1' } })
    await engine.decide(id, 'abort')
    await engine.handle(id).result()
  })

  it('that comes too late says how it ended', async () => {
    const service = unique('late')
    const { id } = await deployed(engine, service)
    await expect(engine.decide(id, 'abort')).rejects.toThrow()
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('sent twice with one id counts once, as update and as signal', async () => {
    const { id, accepted } = await atGate([10, 'manual'], [20, 'manual'])
    await engine.decide(id, 'promote', { id: 'w' })
    await engine.signal(id, 'promote', { by: 'ben', id: 'w' })
    await engine.until(id, (s) => s.gate?.name === 'step-2')
    await engine.signal(id, 'promote', { by: 'ben', id: 'w' })
    expect(await engine.decide(id, 'promote', { id: 'w' })).toMatchObject({ duplicate: true })
    expect((await engine.state(id)).gate?.name).toBe('step-2')
    await engine.decide(id, 'promote', { id: 'x' })
    expect((await engine.finish(accepted)).status).toBe('active')
  })

  it('to promote, signalled twice in a row, opens one gate', async () => {
    const { id, child } = await atGate([10, 'manual'], [20, 'manual'])
    await Promise.all([engine.signal(id, 'promote'), engine.signal(id, 'promote')])
    const state = await engine.until(id, (s) => s.gate?.name === 'step-2')
    expect(state.status).toBe('executing')
    await engine.until(id, (s) => s.timeline.filter(({ text }) => /promote/.test(text)).length >= 2)
    expect((await engine.strategy(child)).gate?.name).toBe('step-2')
    await engine.decide(id, 'abort')
    await engine.handle(id).result()
  })

  it('sent straight to the child works as well, and the deployment knows', async () => {
    const { id, child, accepted } = await atGate([10, 'manual'], [20, 'manual'])
    await engine.signal(child, 'promote', { by: 'cleo' })
    await engine.until(id, (s) => s.gate?.name === 'step-2')
    await engine.decide(child, 'promote', { gate: 'step-2' })
    expect((await engine.finish(accepted)).status).toBe('active')
  })

  it('to approve, followed at once by reject, is one approval', async () => {
    const accepted = await engine.deploy(unique('both'), '1.0.0', { approval: true })
    await engine.until(accepted.deployment, (s) => s.gate !== null)
    const words = await Promise.allSettled([
      engine.decide(accepted.deployment, 'approve'),
      engine.decide(accepted.deployment, 'reject'),
    ])
    expect(words.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const { status } = await engine.finish(accepted)
    expect(status).toBe(words[0]?.status === 'fulfilled' ? 'active' : 'rejected')
  })
})

describe.concurrent('promoted all the way', () => {
  it('skips steps and analyses, also while it is paused', async () => {
    const { id, accepted } = await atGate([10, 'manual'], [20, 600_000], [50, 'manual'])
    await engine.decide(id, 'pause')
    await engine.decide(id, 'promote', { full: true })
    expect((await engine.finish(accepted)).status).toBe('active')
  })

  it('never skips readiness (lesson 11)', async () => {
    const service = unique('unready')
    await deployed(engine, service)
    engine.platform.faults.unready.add('1.1.1')
    const accepted = await engine.deploy(service, '1.1.1', { strategy: canary([50, 'manual']), readyDeadlineMs: 1_500 })
    await engine.until(accepted.deployment, (s) => s.strategyWorkflow !== null)
    await engine.untilStrategy(`${accepted.deployment}/canary`, () => true)
    await engine.decide(accepted.deployment, 'promote', { full: true })
    const summary = await engine.finish(accepted)
    expect(summary).toMatchObject({ status: 'rolled_back', error: { code: 'readiness.deadline' } })
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })
})

describe.concurrent('a pause', () => {
  it('holds a canary at its step until it is resumed', async () => {
    const { id, child, accepted } = await atGate([10, 'manual'], [20, 0])
    await engine.decide(id, 'pause')
    await expect(engine.decide(id, 'pause')).rejects.toMatchObject({ type: 'decision.nothing-waits' })
    await engine.untilStrategy(child, (s) => s.paused)
    await engine.decide(id, 'promote')
    await engine.until(id, (s) => s.gate?.kind === 'paused')
    await engine.decide(id, 'resume')
    expect((await engine.finish(accepted)).status).toBe('active')
  })

  it('of a blue-green holds it before the switch', async () => {
    const service = unique('bg-pause')
    await deployed(engine, service)
    const accepted = await engine.deploy(service, '1.1.0', { strategy: blueGreen({ autoPromote: false }) })
    await engine.until(accepted.deployment, (s) => s.gate?.name === 'promotion')
    await engine.decide(accepted.deployment, 'pause')
    await engine.untilStrategy(`${accepted.deployment}/blue-green`, (s) => s.paused)
    await engine.decide(accepted.deployment, 'promote')
    await engine.until(accepted.deployment, (s) => s.gate?.kind === 'paused')
    expect((await whatRuns(engine, service)).weights.stable).toBe(100)
    await engine.signal(accepted.deployment, 'resume', { by: 'cleo' })
    expect((await engine.finish(accepted)).status).toBe('active')
  })

  it('holds between stages, and neither it nor its end is an approval', async () => {
    const service = unique('approve-pause')
    const accepted = await engine.deploy(service, '1.0.0', { approval: true })
    await engine.until(accepted.deployment, (s) => s.gate?.name === 'approval')
    await engine.decide(accepted.deployment, 'pause')
    await engine.decide(accepted.deployment, 'resume')
    await engine.decide(accepted.deployment, 'pause')
    expect((await engine.state(accepted.deployment)).gate?.name).toBe('approval')
    await engine.decide(accepted.deployment, 'approve')
    const held = await engine.until(accepted.deployment, (s) => s.gate?.name === 'paused')
    expect(held.status).toBe('preparing')
    expect(await whatRuns(engine, service)).toEqual(only(null))
    await engine.decide(accepted.deployment, 'resume')
    expect((await engine.finish(accepted)).status).toBe('active')
  })
})
