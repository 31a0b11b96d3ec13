import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Hook } from '../../src/spec/model.ts'
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

async function withVersions(...versions: string[]) {
  const service = unique('back')
  for (const version of versions) await deployed(engine, service, version)
  return service
}
const migration: Hook = {
  name: 'migrate',
  at: 'before-execute',
  action: { kind: 'command', command: ['true'] },
  timeoutMs: 5_000,
  onFailure: 'fail',
  once: false,
  irreversible: true,
}

describe.concurrent('a rollback', () => {
  it('goes first and supersedes what waits', async () => {
    const service = await withVersions('1.0.0', '1.1.0')
    const approval = await engine.deploy(service, '1.2.0', { approval: true })
    await engine.until(approval.deployment, (s) => s.gate !== null)
    const back = await engine.ask(service, 'rollback')
    expect(back.position).toBe(0)
    expect((await engine.finish(approval)).status).toBe('superseded')
    expect((await engine.finish(back)).status).toBe('active')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('while a deployment is in flight is its abort', async () => {
    const service = await withVersions('1.0.0')
    const inFlight = await engine.deploy(service, '1.1.0', { strategy: canary([10, 'manual']) })
    await engine.until(inFlight.deployment, (s) => s.gate !== null)
    expect(await engine.ask(service, 'rollback')).toMatchObject({ aborting: true, number: inFlight.number })
    expect((await engine.finish(inFlight)).status).toBe('aborted')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('to a named release replaces a deployment in flight', async () => {
    const service = await withVersions('1.0.0', '1.1.0')
    const inFlight = await engine.deploy(service, '1.2.0', { strategy: canary([10, 'manual']) })
    await engine.until(inFlight.deployment, (s) => s.gate !== null)
    const back = await engine.ask(service, 'rollback', { to: '1.0.0', kind: 'immediate' })
    expect((await engine.finish(back)).status).toBe('active')
    expect((await engine.finish(inFlight)).status).toBe('superseded')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('leads to any retained release, by version or by id', async () => {
    const service = await withVersions('1.0.0', '1.1.0', '1.2.0')
    await engine.finish(await engine.ask(service, 'rollback', { to: '1.0.0', pauseMs: 10 }))
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
    const id = (await engine.service(service)).releases.find((r) => r.version === '1.1.0')?.id
    await engine.finish(await engine.ask(service, 'rollback', { to: id, kind: 'immediate' }))
    expect(await whatRuns(engine, service)).toEqual(only('1.1.0'))
  })

  it('to a release that nobody knows is refused, with those that there are', async () => {
    const service = await withVersions('1.0.0', '1.1.0')
    await expect(engine.ask(service, 'rollback', { to: '0.9.0' })).rejects.toMatchObject({
      type: 'rollback.unknown-release',
      details: [expect.objectContaining({ remedy: expect.stringContaining('1.0.0-') })],
    })
  })

  it('never passes a migration that is marked irreversible (lesson 13)', async () => {
    const service = await withVersions('1.0.0')
    await engine.finish(await engine.deploy(service, '2.0.0', { hooks: [migration] }))
    await expect(engine.ask(service, 'rollback')).rejects.toMatchObject({ type: 'rollback.irreversible' })
    await deployed(engine, service, '2.1.0')
    await expect(engine.ask(service, 'rollback', { to: '1.0.0' })).rejects.toMatchObject({
      type: 'rollback.irreversible',
      message: expect.stringContaining('2.0.0-'),
    })
    expect((await engine.finish(await engine.ask(service, 'rollback'))).version).toBe('2.0.0')
  })

  it('stays: the next one leads further back, never to what was rolled back (lesson 14)', async () => {
    const service = await withVersions('1.0.0', '1.1.0', '1.2.0')
    expect((await engine.finish(await engine.ask(service, 'rollback'))).version).toBe('1.1.0')
    expect((await engine.finish(await engine.ask(service, 'rollback'))).version).toBe('1.0.0')
    await expect(engine.ask(service, 'rollback')).rejects.toMatchObject({ type: 'rollback.nothing' })
    await deployed(engine, service, '1.3.0')
    expect((await engine.finish(await engine.ask(service, 'rollback'))).version).toBe('1.0.0')
  })
})

describe.concurrent('the kinds of rollback', () => {
  it('immediate, one switch, where the release before is gone back to', async () => {
    const service = await withVersions('1.0.0', '1.1.0')
    const summary = await engine.finish(await engine.ask(service, 'rollback'))
    expect(summary).toMatchObject({ strategy: 'blue-green', status: 'active' })
    const routes = engine.platform.calls.filter((call) => call.startsWith(`route ${service} `))
    expect(routes).toHaveLength(1)
  })

  it('gradual, in four moves, where it leads further back', async () => {
    const service = await withVersions('1.0.0', '1.1.0', '1.2.0')
    const back = await engine.ask(service, 'rollback', { to: '1.0.0', pauseMs: 10 })
    const summary = await engine.finish(back)
    expect(summary).toMatchObject({ strategy: 'canary', status: 'active', version: '1.0.0' })
    const { timeline } = await engine.strategy(`${back.deployment}/canary`)
    const moves = timeline.filter(({ text }) => text.startsWith('weight')).map(({ text }) => text.split(' ')[1])
    expect(moves).toEqual(['25', '50', '75', '100'])
  })

  it('controlled, with a person’s word at each step', async () => {
    const service = await withVersions('1.0.0', '1.1.0')
    const back = await engine.ask(service, 'rollback', { kind: 'controlled' })
    for (const gate of ['step-1', 'step-2', 'step-3']) {
      await engine.until(back.deployment, (s) => s.gate?.name === gate)
      await engine.decide(back.deployment, 'promote', { gate })
    }
    expect((await engine.finish(back)).status).toBe('active')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('of no known kind is refused', async () => {
    const service = await withVersions('1.0.0', '1.1.0')
    await expect(engine.ask(service, 'rollback', { kind: 'sideways' })).rejects.toMatchObject({ type: 'input.invalid' })
  })
})
