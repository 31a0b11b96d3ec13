/** Nothing that anybody can send wedges a workflow: `engine.close()` fails if any task of any of them failed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { internalNames, names } from '../../src/workflows/messages.ts'
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

const decisions = ['approve', 'reject', 'promote', 'pause', 'resume', 'abort', 'retry', 'skip']
const signals = [...decisions, ...Object.values(internalNames), 'deploy', 'state', 'nobody-knows-this', '__proto__']
const garbage: unknown[][] = [
  ['not an object'],
  [42],
  [[]],
  [{ by: 7 }],
  [{ by: 'ben', gate: { name: 'step-1' } }],
  [{ by: 'ben', full: 'yes' }],
  [{ number: 'one', blocked: 'maybe', id: {}, gate: 7, paused: null, sequence: -1, version: [] }],
]
/** No decision of these is one: `null` and nothing at all are a person who gave no name. */
const empty: unknown[][] = [[], [null]]

describe('a signal of the wrong shape', () => {
  it('is dropped by service, deployment and canary, with a line in the timeline, and all go on', async () => {
    const service = unique('garbage')
    await deployed(engine, service)
    const accepted = await engine.deploy(service, '1.1.0', { strategy: canary([10, 'manual']) })
    const ids = [
      `service/production/${engine.location}/${service}`,
      accepted.deployment,
      `${accepted.deployment}/canary`,
    ]
    await engine.until(accepted.deployment, (s) => s.gate !== null)
    const harmless = signals.filter((name) => !decisions.includes(name))
    for (const id of ids) {
      for (const name of signals) {
        for (const args of garbage) await engine.signal(id, name, ...args)
        await engine.signalUndecodable(id, name)
      }
      for (const name of harmless) for (const args of empty) await engine.signal(id, name, ...args)
    }
    const state = await engine.until(accepted.deployment, (s) => s.timeline.length >= 50)
    expect(state).toMatchObject({ status: 'executing', gate: { name: 'step-1' }, paused: false })
    expect(state.timeline.some(({ text }) => text.startsWith('dropped: '))).toBe(true)
    expect(await engine.service(service)).toMatchObject({ blocked: null, running: { number: 2 }, queue: [] })
    await engine.decide(accepted.deployment, 'promote')
    expect((await engine.finish(accepted)).status).toBe('active')
    expect(await whatRuns(engine, service)).toEqual(only('1.1.0'))
  })

  it('to a deployment that waits for its turn gives it none', async () => {
    const service = unique('no-turn')
    await deployed(engine, service)
    const first = await engine.deploy(service, '1.1.0', { strategy: canary([10, 'manual']) })
    await engine.until(first.deployment, (s) => s.gate !== null)
    const second = await engine.deploy(service, '1.2.0')
    await engine.until(second.deployment, (s) => s.doing === 'waits for its turn')
    for (const args of [...garbage, ...empty]) await engine.signal(second.deployment, internalNames.turn, ...args)
    await engine.signalUndecodable(second.deployment, internalNames.turn)
    expect((await engine.state(second.deployment)).status).toBe('pending')
    await engine.decide(first.deployment, 'promote', { full: true })
    expect((await engine.finish(second)).status).toBe('active')
  })
})

describe('a request of the wrong shape', () => {
  it('is refused in words, and the service goes on', async () => {
    const service = unique('requests')
    await deployed(engine, service)
    const refused = { type: 'input.invalid' }
    for (const name of [names.deploy, names.rollback, names.scale, names.restart, names.freeze]) {
      const handle = engine.handle(`service/production/${engine.location}/${service}`)
      for (const args of [...garbage, ...empty]) {
        await expect(handle.executeUpdate<void, [unknown]>(name, { args: args as [unknown] })).rejects.toMatchObject({
          cause: refused,
        })
      }
    }
    await expect(engine.deploy(service, '1.1.0', {}, { plan: {} as never })).rejects.toMatchObject(refused)
    await expect(engine.deploy(service, '1.1.0', { scale: { replicas: -1 } })).rejects.toMatchObject(refused)
    await expect(engine.deploy(service, '1.1.0', { hooks: 'none' as never })).rejects.toMatchObject(refused)
    await expect(engine.ask(service, 'rollback', { to: 7 })).rejects.toMatchObject(refused)
    await expect(engine.ask(service, 'restart', { reason: 'x'.repeat(2_000) })).rejects.toMatchObject(refused)
    await expect(engine.ask(service, 'nobody-knows-this')).rejects.toThrow()
    await deployed(engine, service, '1.1.0')
  })

  it('to a deployment is refused by its validator', async () => {
    const accepted = await engine.deploy(unique('words'), '1.0.0', { approval: true })
    await engine.until(accepted.deployment, (s) => s.gate !== null)
    const handle = engine.handle(accepted.deployment)
    for (const args of garbage) {
      await expect(handle.executeUpdate<void, [unknown]>('approve', { args: args as [unknown] })).rejects.toMatchObject(
        {
          cause: { type: 'decision.invalid' },
        },
      )
    }
    await engine.decide(accepted.deployment, 'approve')
    expect((await engine.finish(accepted)).status).toBe('active')
  })
})
