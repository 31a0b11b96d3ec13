import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TidegateError } from '../../src/errors.ts'
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

const away = new TidegateError('agent.unreachable', { address: 'nowhere', detail: 'away' })
const incurable = new TidegateError('artifact.corrupt', { artifact: 'x', expected: 'a', actual: 'b' })

/** A canary that has half of the traffic and waits for a person. */
async function halfWay() {
  const service = unique('half')
  await deployed(engine, service)
  const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([50, 'manual']) })
  await engine.until(accepted.deployment, (s) => s.gate !== null)
  return { service, accepted, id: accepted.deployment }
}
function fault(verb: string, service: string, error: TidegateError) {
  engine.platform.faults.throws.set(`${verb} ${service}`, error)
  return () => engine.platform.faults.throws.delete(`${verb} ${service}`)
}
/** Holds a verb under way; the returned function lets it write. */
function block(verb: string, service: string): () => void {
  let release = () => {}
  engine.platform.faults.blocks.set(`${verb} ${service}`, new Promise((resolve) => (release = resolve)))
  return () => {
    engine.platform.faults.blocks.delete(`${verb} ${service}`)
    release()
  }
}
/** A way back that is blocked for a cause that waiting can't cure. */
async function blocked() {
  const { service, accepted, id } = await halfWay()
  const mend = fault('route', service, incurable)
  await engine.decide(id, 'abort')
  const state = await engine.until(id, (s) => s.status === 'rollback_blocked')
  await engine.untilService(service, (s) => s.blocked === id)
  return { service, accepted, id, mend, state }
}

describe.concurrent('going back', () => {
  it('waits for a platform that is away, says so, and goes on by itself', async () => {
    const { service, accepted, id } = await halfWay()
    const mend = fault('observe', service, away)
    await engine.decide(id, 'abort')
    const state = await engine.until(id, (s) => s.doing.startsWith('rolling back (waiting for the platform'))
    expect(state).toMatchObject({ status: 'rolling_back', gate: null })
    mend()
    expect((await engine.finish(accepted)).status).toBe('aborted')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('waits for the old release to be ready again', async () => {
    const service = unique('old')
    await deployed(engine, service, '0.1.0')
    engine.platform.faults.crashing.add('0.2.0')
    const release = block('apply', service)
    const accepted = await engine.deploy(service, '0.2.0')
    await engine.until(accepted.deployment, (s) => s.status === 'executing')
    engine.platform.faults.unready.add('0.1.0')
    release()
    await engine.until(accepted.deployment, (s) => s.doing.includes('(waiting for 0.1.0-'))
    engine.platform.faults.unready.delete('0.1.0')
    engine.platform.becomeReady(engine.target(service))
    expect((await engine.finish(accepted)).status).toBe('rolled_back')
    expect(await whatRuns(engine, service)).toEqual(only('0.1.0'))
  })

  it('from something never done is a no-op (lesson 17)', async () => {
    const service = unique('never')
    await deployed(engine, service)
    const mend = fault('claim', service, incurable)
    const accepted = await engine.deploy(service, '1.1.0')
    await engine.until(accepted.deployment, (s) => s.status === 'rollback_blocked')
    const before = engine.platform.calls.length
    mend()
    await engine.decide(accepted.deployment, 'retry')
    expect((await engine.finish(accepted)).status).toBe('rolled_back')
    const since = engine.platform.calls.slice(before).filter((call) => call.split(' ')[1] === service)
    expect(since).toEqual([`claim ${service} 2.1.2`])
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('from a first deployment leaves nothing', async () => {
    const service = unique('first')
    const accepted = await engine.deploy(service, '6.0.0', { bakeMs: 600_000 })
    await engine.until(accepted.deployment, (s) => s.status === 'activating')
    await engine.decide(accepted.deployment, 'abort')
    expect((await engine.finish(accepted)).status).toBe('aborted')
    expect(await whatRuns(engine, service)).toEqual(only(null))
    expect((await engine.service(service)).stable).toBeNull()
  })
})

describe.concurrent('a way back whose cause waiting can’t cure', () => {
  it('blocks, says why, and goes on when it is told to retry', async () => {
    const { service, accepted, id, mend, state } = await blocked()
    expect(state).toMatchObject({ gate: { name: 'blocked-1', answers: ['retry', 'skip'] } })
    expect(state.doing).toContain('the way back is blocked')
    await engine.decide(id, 'retry')
    await engine.until(id, (s) => s.gate?.name === 'blocked-2')
    mend()
    await engine.decide(id, 'retry', { gate: 'blocked-2' })
    expect((await engine.finish(accepted)).status).toBe('aborted')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
    expect((await engine.service(service)).blocked).toBeNull()
  })

  it('ends rolled_back with what is left, when it is told to skip', async () => {
    const { service, accepted, id, mend } = await blocked()
    await engine.decide(id, 'skip')
    const summary = await engine.finish(accepted)
    expect(summary).toMatchObject({ status: 'rolled_back', incomplete: [expect.stringContaining(service)] })
    expect((await whatRuns(engine, service)).weights.candidate).toBe(50)
    mend()
    await deployed(engine, service, '1.2.0')
    expect(await whatRuns(engine, service)).toEqual(only('1.2.0'))
  })

  it('refuses deployments, rollbacks and scaling, unless one is forced; that one takes over', async () => {
    const { service, accepted, mend } = await blocked()
    const refused = { type: 'deploy.refused-blocked' }
    await expect(engine.deploy(service, '1.2.0')).rejects.toMatchObject(refused)
    await expect(engine.ask(service, 'rollback')).rejects.toMatchObject(refused)
    await expect(engine.ask(service, 'scale', { scale: { replicas: 3 } })).rejects.toMatchObject(refused)
    mend()
    const forced = await engine.deploy(service, '1.2.0', {}, { force: true })
    expect((await engine.finish(accepted)).status).toBe('superseded')
    expect((await engine.finish(forced)).status).toBe('active')
    expect((await engine.service(service)).stable?.version).toBe('1.2.0')
  })
})

describe.concurrent('an old writer', () => {
  for (const verb of ['prepare', 'apply', 'route'] as const) {
    it(`whose ${verb} is still under way when the way back has claimed changes nothing`, async () => {
      const service = unique('zombie')
      await deployed(engine, service)
      const release = block(verb, service)
      const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([50, 'manual']) })
      const status = verb === 'prepare' ? 'preparing' : 'executing'
      await engine.until(accepted.deployment, (s) => s.status === status)
      await engine.platform.reached(`${verb} ${service}`)
      engine.platform.faults.blocks.delete(`${verb} ${service}`)
      await engine.decide(accepted.deployment, 'abort')
      await engine.finish(accepted)
      const before = [...engine.platform.calls]
      release()
      await engine.platform.refused(service)
      expect(engine.platform.calls.filter((call) => call.split(' ')[1] === service)).toEqual(
        before.filter((call) => call.split(' ')[1] === service),
      )
      expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
    })
  }

  it('that finds a newer owner on the way forward ends superseded and leaves everything to it', async () => {
    const { service, accepted, id } = await halfWay()
    const { anchor } = await engine.platform.observe(engine.target(service))
    const fence = { sequence: 7, epoch: 0 as const, step: 1 }
    await engine.platform.claim(engine.target(service), { fence, holder: 'somebody', engine: anchor?.engine ?? '' })
    await engine.decide(id, 'promote')
    expect(await engine.finish(accepted)).toMatchObject({ status: 'superseded', error: { code: 'fence.stale' } })
    expect((await whatRuns(engine, service)).weights.candidate).toBe(50)
  })
})
