import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blueGreen, canary, type Engine, startEngine } from '../engine/harness.ts'
import { unique } from '../setup/temporal.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  expect((await engine.close()).length).toBeGreaterThan(0)
})

/** The end that invariant 2 demands of every deployment. */
async function expectStable(service: string, version: string | null) {
  const { slots, routing } = await engine.platform.observe(engine.target(service))
  expect(slots.stable?.release.version ?? null).toBe(version)
  expect(slots.candidate).toBeNull()
  expect(routing.weights).toEqual({ stable: 100, candidate: 0 })
}

async function deployed(service: string, version = '1.0.0') {
  const summary = await engine.finish(await engine.deploy(service, version))
  expect(summary.status).toBe('active')
  return summary
}

describe('a first deployment', () => {
  it('ends active with its release in the stable slot', async () => {
    const service = unique('first')
    const summary = await deployed(service)
    expect(summary).toMatchObject({ status: 'active', version: '1.0.0', previous: null, number: 1 })
    await expectStable(service, '1.0.0')
    expect((await engine.service(service)).stable?.version).toBe('1.0.0')
  })

  it('that never becomes ready leaves nothing behind', async () => {
    const service = unique('first-bad')
    engine.platform.faults.crashing.add('6.6.6')
    const summary = await engine.finish(await engine.deploy(service, '6.6.6'))
    expect(summary.status).toBe('rolled_back')
    expect(summary.error?.code).toBe('readiness.crash-loop')
    await expectStable(service, null)
  })
})

describe('a canary', () => {
  it('walks its steps and promotes', async () => {
    const service = unique('canary')
    await deployed(service)
    const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([10, 50], [50, 50]) })
    const summary = await engine.finish(accepted)
    expect(summary).toMatchObject({ status: 'active', strategy: 'canary' })
    expect(summary.previous?.version).toBe('1.0.0')
    await expectStable(service, '1.1.0')
  })

  it('waits for a person at a manual step, and one word promotes one step', async () => {
    const service = unique('gate')
    await deployed(service)
    const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([10, 'manual'], [50, 'manual']) })
    const open = await engine.until(accepted.deployment, (s) => s.gate?.name === 'step-1')
    expect(open.gate?.answers).toEqual(['promote'])
    await engine.decide(accepted.deployment, 'promote', { gate: 'step-1', id: 'word' })
    await engine.until(accepted.deployment, (s) => s.gate?.name === 'step-2')
    await expect(engine.decide(accepted.deployment, 'promote', { gate: 'step-1' })).rejects.toMatchObject({
      type: 'decision.other-gate',
    })
    expect(await engine.decide(accepted.deployment, 'promote', { id: 'word' })).toMatchObject({ duplicate: true })
    await engine.decide(accepted.deployment, 'promote', { gate: 'step-2' })
    expect((await engine.finish(accepted)).status).toBe('active')
  })

  it('goes back by itself when the candidate crashes', async () => {
    const service = unique('crash')
    await deployed(service)
    engine.platform.faults.crashing.add('9.9.9')
    const summary = await engine.finish(await engine.deploy(service, '9.9.9', { strategy: canary([10, 50]) }))
    expect(summary.status).toBe('rolled_back')
    await expectStable(service, '1.0.0')
  })

  it('aborted by a person restores the traffic', async () => {
    const service = unique('abort')
    await deployed(service)
    const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([50, 'manual']) })
    await engine.until(accepted.deployment, (s) => s.gate !== null)
    await engine.decide(accepted.deployment, 'abort', { reason: 'looks odd' })
    const summary = await engine.finish(accepted)
    expect(summary).toMatchObject({ status: 'aborted', outcome: 'aborted by ben (looks odd)' })
    await expectStable(service, '1.0.0')
  })

  it('promoted fully skips what is left', async () => {
    const service = unique('full')
    await deployed(service)
    const accepted = await engine.deploy(service, '1.1.0', {
      strategy: canary([10, 'manual'], [20, 600_000], [50, 'manual']),
    })
    await engine.until(accepted.deployment, (s) => s.gate !== null)
    await engine.decide(accepted.deployment, 'promote', { full: true })
    expect((await engine.finish(accepted)).status).toBe('active')
  })
})

describe('a blue-green deployment', () => {
  it('switches once and promotes', async () => {
    const service = unique('bg')
    await deployed(service)
    const summary = await engine.finish(
      await engine.deploy(service, '1.1.0', { strategy: blueGreen({ monitorMs: 50 }) }),
    )
    expect(summary).toMatchObject({ status: 'active', strategy: 'blue-green' })
    await expectStable(service, '1.1.0')
  })

  it('goes back when nobody promotes it in time', async () => {
    const service = unique('bg-late')
    await deployed(service)
    const strategy = blueGreen({ autoPromote: false, promoteTimeoutMs: 100 })
    const summary = await engine.finish(await engine.deploy(service, '1.1.0', { strategy }))
    expect(summary.status).toBe('rolled_back')
    await expectStable(service, '1.0.0')
  })
})

describe('a rollback', () => {
  it('of a finished deployment is a new one, to the release before', async () => {
    const service = unique('back')
    await deployed(service, '1.0.0')
    await deployed(service, '1.1.0')
    const accepted = await engine.ask(service, 'rollback')
    const summary = await engine.finish(accepted)
    expect(summary).toMatchObject({ kind: 'rollback', status: 'active', version: '1.0.0', number: 3 })
    await expectStable(service, '1.0.0')
  })

  it('is refused with a clear sentence where there is nothing to go back to', async () => {
    const service = unique('nothing')
    await deployed(service)
    await expect(engine.ask(service, 'rollback')).rejects.toMatchObject({ type: 'rollback.nothing' })
  })
})

describe('an approval', () => {
  it('is waited for before anything moves, and lets it go on', async () => {
    const service = unique('approve')
    const accepted = await engine.deploy(service, '1.0.0', { approval: true })
    await engine.until(accepted.deployment, (s) => s.status === 'awaiting_approval' && s.gate !== null)
    await expectStable(service, null)
    await engine.decide(accepted.deployment, 'approve')
    expect((await engine.finish(accepted)).status).toBe('active')
  })

  it('denied ends the deployment without a change', async () => {
    const service = unique('reject')
    const accepted = await engine.deploy(service, '1.0.0', { approval: true })
    await engine.until(accepted.deployment, (s) => s.gate !== null)
    await engine.decide(accepted.deployment, 'reject', { reason: 'not today' })
    expect(await engine.finish(accepted)).toMatchObject({
      status: 'rejected',
      outcome: 'It was rejected by ben (not today)',
    })
    await expectStable(service, null)
  })
})
