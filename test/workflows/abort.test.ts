import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Hook, Plan } from '../../src/spec/model.ts'
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

/** Holds a deployment at a point until it is cancelled. */
const slow = (at: Hook['at']): Hook => ({
  name: 'slow',
  at,
  action: { kind: 'command', command: ['sleep', '60'] },
  timeoutMs: 60_000,
  onFailure: 'fail',
  once: false,
})

const stages: [stage: string, plan: Partial<Plan>, isThere: string, moved: boolean][] = [
  ['package', { hooks: [slow('before-package')] }, 'packaging', false],
  ['validate', { hooks: [slow('before-validate')] }, 'validating', false],
  ['approval', { approval: true }, 'awaiting_approval', false],
  ['prepare', { hooks: [slow('before-prepare')] }, 'preparing', true],
  ['execute', { hooks: [slow('after-execute')], strategy: canary([50, 0]) }, 'executing', true],
  ['activate', { hooks: [slow('before-activate')] }, 'activating', true],
]

describe.concurrent('an abort', () => {
  for (const [stage, plan, status, moved] of stages) {
    it(`in the stage ${stage} ends with what ran before${moved ? '' : ', and nothing was touched (lesson 6)'}`, async () => {
      const service = unique('stage')
      await deployed(engine, service)
      const writes = () => engine.platform.calls.filter((call) => call.split(' ')[1] === service).length
      const before = writes()
      const accepted = await engine.deploy(service, '1.1.0', plan)
      await engine.until(accepted.deployment, (s) => s.status === status)
      const { message } = await engine.decide(accepted.deployment, 'abort', { reason: 'enough' })
      expect(message).toContain('Aborting')
      expect(await engine.finish(accepted)).toMatchObject({ status: 'aborted', outcome: 'aborted by ben (enough)' })
      expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
      if (!moved) expect(writes()).toBe(before)
    })
  }

  it('at the moment in which its strategy is started is not lost', async () => {
    const services = Array.from({ length: 8 }, () => unique('moment'))
    await Promise.all(services.map((service) => deployed(engine, service)))
    const abortAtOnce = async (service: string) => {
      const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([50, 600_000]) })
      await engine.until(accepted.deployment, (s) => s.status === 'executing')
      await engine.decide(accepted.deployment, 'abort')
      expect((await engine.finish(accepted)).status).toBe('aborted')
      expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
    }
    await Promise.all(services.map(abortAtOnce))
  })

  it('while it waits for its turn takes it out of the queue', async () => {
    const service = unique('turn')
    await deployed(engine, service)
    const first = await engine.deploy(service, '1.1.0', { strategy: canary([10, 'manual']) })
    await engine.until(first.deployment, (s) => s.gate !== null)
    const second = await engine.deploy(service, '1.2.0')
    await engine.until(second.deployment, (s) => s.doing === 'waits for its turn')
    await engine.decide(second.deployment, 'abort')
    expect((await engine.finish(second)).status).toBe('aborted')
    await engine.decide(first.deployment, 'promote', { full: true })
    expect((await engine.finish(first)).status).toBe('active')
    expect(await whatRuns(engine, service)).toEqual(only('1.1.0'))
  })

  it('while it is going back already changes nothing', async () => {
    const service = unique('back')
    await deployed(engine, service)
    let release = () => {}
    const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([50, 'manual']) })
    await engine.until(accepted.deployment, (s) => s.gate !== null)
    engine.platform.faults.blocks.set(`claim ${service}`, new Promise((resolve) => (release = resolve)))
    await engine.decide(accepted.deployment, 'abort')
    await engine.until(accepted.deployment, (s) => s.status === 'rolling_back')
    await expect(engine.decide(accepted.deployment, 'abort')).rejects.toMatchObject({ type: 'decision.nothing-waits' })
    await engine.handle(accepted.deployment).cancel()
    engine.platform.faults.blocks.delete(`claim ${service}`)
    release()
    expect((await engine.finish(accepted)).status).toBe('aborted')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })
})

describe.concurrent('“Cancel” in the Web UI', () => {
  it('of a deployment is its abort', async () => {
    const service = unique('cancel')
    await deployed(engine, service)
    const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([50, 'manual']) })
    await engine.until(accepted.deployment, (s) => s.gate !== null)
    await engine.handle(accepted.deployment).cancel()
    expect((await engine.finish(accepted)).status).toBe('aborted')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('of a canary goes back', async () => {
    const service = unique('cancel-child')
    await deployed(engine, service)
    const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([50, 'manual']) })
    await engine.until(accepted.deployment, (s) => s.gate !== null)
    await engine.handle(`${accepted.deployment}/canary`).cancel()
    expect((await engine.finish(accepted)).status).toBe('aborted')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('of a canary that is terminated goes back', async () => {
    const service = unique('kill-child')
    await deployed(engine, service)
    const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([50, 'manual']) })
    await engine.until(accepted.deployment, (s) => s.gate !== null)
    await engine.handle(`${accepted.deployment}/canary`).terminate()
    expect((await engine.finish(accepted)).status).toBe('rolled_back')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('of a service is absorbed: it goes on taking requests', async () => {
    const service = unique('cancel-service')
    await deployed(engine, service, '1.0.0')
    await engine.handle(`service/production/${engine.location}/${service}`).cancel()
    await deployed(engine, service, '1.1.0')
    const back = await engine.ask(service, 'rollback')
    expect((await engine.finish(back)).status).toBe('active')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })
})

describe.concurrent('a deadline', () => {
  it('ends in a terminal state, with what ran before (lesson 8)', async () => {
    const service = unique('deadline')
    await deployed(engine, service)
    const over = { strategy: canary([50, 600_000]), deadlineMs: 2_000 }
    const summary = await engine.finish(await engine.deploy(service, '1.1.0', over))
    expect(summary).toMatchObject({ status: 'rolled_back', error: { code: 'deadline.exceeded' } })
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('does not count the time spent waiting for people, or for the turn (lesson 8)', async () => {
    const service = unique('patience')
    await deployed(engine, service)
    const deadlineMs = 5_000
    const first = await engine.deploy(service, '1.1.0', { strategy: canary([10, 'manual']), deadlineMs: 600_000 })
    await engine.until(first.deployment, (s) => s.gate !== null)
    const second = await engine.deploy(service, '1.2.0', { approval: true, deadlineMs })
    const since = (await engine.until(second.deployment, (s) => s.gate?.name === 'approval')).gate?.since ?? ''
    await engine.until(second.deployment, () => Date.now() - Date.parse(since) > deadlineMs + 200)
    await engine.decide(second.deployment, 'approve')
    await engine.until(second.deployment, (s) => s.doing === 'waits for its turn')
    const asked = Date.now()
    await engine.until(second.deployment, () => Date.now() - asked > deadlineMs + 200)
    await engine.decide(first.deployment, 'promote', { full: true })
    expect((await engine.finish(second)).status).toBe('active')
  })
})
