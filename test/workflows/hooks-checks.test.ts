import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Check, CheckPhase, CheckPolicy, Hook, StageName } from '../../src/spec/model.ts'
import { blueGreen, canary, type Engine, startEngine } from '../engine/harness.ts'
import { deployed, only, whatRuns } from '../engine/outcomes.ts'
import { type Served, serve } from '../outside/serve.ts'
import { unique } from '../setup/temporal.ts'

let engine: Engine
let dir: string
let served: Served
beforeAll(async () => {
  engine = await startEngine()
  dir = await mkdtemp(join(tmpdir(), 'tidegate-hooks-'))
  served = await serve(({ url }, response) => {
    if (url === '/lost') return response.destroy()
    response.writeHead(url === '/bad' ? 500 : 200).end()
  })
})
afterAll(async () => {
  await engine.close()
  await served.close()
  await rm(dir, { recursive: true, force: true })
})

const stages: StageName[] = ['package', 'validate', 'prepare', 'execute', 'activate']
const hook = (at: Hook['at'], command: string, over: Partial<Hook> = {}): Hook => ({
  name: at,
  at,
  action: { kind: 'command', command: ['sh', '-c', command] },
  timeoutMs: 10_000,
  onFailure: 'fail',
  once: false,
  ...over,
})
const http = (at: Hook['at'], path: string, over: Partial<Hook> = {}): Hook =>
  hook(at, '', { action: { kind: 'http', url: `${served.url}${path}`, method: 'POST', headers: {} }, ...over })
const lines = async (file: string) => (await readFile(join(dir, file), 'utf8')).trim().split('\n')

describe.concurrent('hooks', () => {
  it('run before and after every stage, in order, and know what they are for', async () => {
    const service = unique('order')
    const file = join(dir, service)
    const hooks = stages.flatMap((stage) =>
      (['before', 'after'] as const).map((when) => hook(`${when}-${stage}`, `echo $TIDEGATE_STAGE >> ${file}`)),
    )
    expect((await engine.finish(await engine.deploy(service, '1.0.0', { hooks }))).status).toBe('active')
    expect(await lines(service)).toEqual(stages.flatMap((stage) => [`before-${stage}`, `after-${stage}`]))
  })

  it('run around the way back, and one that fails there does not stop it', async () => {
    const service = unique('back')
    await deployed(engine, service)
    const hooks = [
      hook('before-rollback', `echo before >> ${join(dir, service)}; exit 1`),
      hook('after-rollback', `echo after $TIDEGATE_PREVIOUS >> ${join(dir, service)}`),
      hook('after-execute', 'exit 3'),
    ]
    const summary = await engine.finish(await engine.deploy(service, '1.1.0', { hooks }))
    expect(summary).toMatchObject({ status: 'rolled_back', error: { code: 'hook.failed' } })
    expect(await lines(service)).toEqual(['before', 'after 1.0.0'])
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('that fail are a warning where that is declared, over HTTP too', async () => {
    const service = unique('warn')
    const hooks = [http('before-execute', '/bad', { onFailure: 'warn' }), http('after-execute', '/good')]
    const accepted = await engine.deploy(service, '1.0.0', { hooks })
    expect((await engine.finish(accepted)).status).toBe('active')
    const { timeline } = await engine.state(accepted.deployment)
    expect(timeline.some(({ text }) => text.startsWith('warning: The hook before-execute failed'))).toBe(true)
    const failed = await engine.finish(
      await engine.deploy(service, '1.1.0', { hooks: [http('after-validate', '/bad')] }),
    )
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'hook.failed' } })
  })

  it('keep one idempotency key over a repetition, and another deployment has another', async () => {
    const service = unique('key')
    const file = join(dir, service)
    const command = `echo $TIDEGATE_IDEMPOTENCY_KEY >> ${file}; test $(wc -l < ${file}) -ne 1 || sleep 60`
    const hooks = [hook('before-execute', command, { timeoutMs: 1_000 })]
    await engine.finish(await engine.deploy(service, '1.0.0', { hooks }))
    await engine.finish(await engine.deploy(service, '1.1.0', { hooks }))
    const keys = await lines(service)
    expect(keys).toHaveLength(3)
    expect(new Set(keys.slice(0, 2)).size).toBe(1)
    expect(keys[2]).not.toBe(keys[0])
  })

  it('marked once are tried once, and a lost answer asks a person', async () => {
    for (const [word, times] of [
      ['skip', 1],
      ['retry', 2],
    ] as const) {
      const service = unique('once')
      const path = `/lost`
      const before = served.received.length
      const hooks = [http('before-execute', path, { once: true, name: 'migrate' })]
      const accepted = await engine.deploy(service, '1.0.0', { hooks })
      const { gate } = await engine.until(accepted.deployment, (s) => s.gate?.name === 'hook-migrate')
      expect(gate?.answers).toEqual(['retry', 'skip'])
      await engine.decide(accepted.deployment, word)
      if (word === 'retry') {
        await engine.until(accepted.deployment, (s) => s.gate !== null && s.gate.since !== gate?.since)
        await engine.decide(accepted.deployment, 'skip')
      }
      expect((await engine.finish(accepted)).status).toBe('active')
      const mine = served.received.slice(before).filter(({ body }) => body.includes(service))
      expect(mine).toHaveLength(times)
      expect(new Set(mine.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    }
  })
})

/** Checks that are well while their file is there. */
async function checks(service: string, when: CheckPhase, ok: number, bad: number): Promise<Check[]> {
  const check = async (name: string, well: boolean): Promise<Check> => {
    const file = join(dir, `${service}-${name}`)
    if (well) await writeFile(file, '')
    const action = { kind: 'command' as const, command: ['test', '-f', file] }
    return { name, when: [when], action, timeoutMs: 5_000, retries: 0, retryDelayMs: 0 }
  }
  return Promise.all([
    ...Array.from({ length: ok }, (_, i) => check(`ok-${i}`, true)),
    ...Array.from({ length: bad }, (_, i) => check(`bad-${i}`, false)),
  ])
}

describe.concurrent('checks', () => {
  const phases: [when: CheckPhase, over: () => object][] = [
    ['before-traffic', () => ({ strategy: canary([50, 0]) })],
    ['verify', () => ({ strategy: blueGreen() })],
    ['after-activation', () => ({})],
    ['monitor', () => ({ bakeMs: 200 })],
    ['monitor', () => ({ strategy: canary([50, 200]) })],
  ]
  const policies: [ok: number, bad: number, policy: CheckPolicy, end: 'active' | 'rolled_back' | 'asks'][] = [
    [2, 0, { onDegraded: 'rollback', onUnhealthy: 'rollback' }, 'active'],
    [2, 1, { onDegraded: 'proceed', onUnhealthy: 'rollback' }, 'active'],
    [2, 1, { onDegraded: 'rollback', onUnhealthy: 'proceed' }, 'rolled_back'],
    [1, 1, { onDegraded: 'proceed', onUnhealthy: 'rollback' }, 'rolled_back'],
    [1, 1, { onDegraded: 'rollback', onUnhealthy: 'proceed' }, 'active'],
    [1, 1, { onDegraded: 'rollback', onUnhealthy: 'pause' }, 'asks'],
  ]
  for (const [when, over] of phases) {
    const how = JSON.stringify(over()).match(/canary|blue-green/)?.[0] ?? 'rolling'
    it(`${when} (${how}): healthy, degraded and unhealthy do what the policy declares`, async () => {
      for (const [ok, bad, checkPolicy, end] of policies) {
        const service = unique('checks')
        await deployed(engine, service)
        const plan = { ...over(), checkPolicy, checks: await checks(service, when, ok, bad) }
        const accepted = await engine.deploy(service, '1.1.0', plan)
        if (end === 'asks') {
          const { gate } = await engine.until(accepted.deployment, (s) => s.gate?.kind === 'question')
          expect(gate?.text).toContain('bad-0')
          if (when === 'before-traffic' || when === 'verify') {
            expect((await whatRuns(engine, service)).weights.candidate).toBe(0)
          }
          await engine.decide(accepted.deployment, 'promote')
        }
        const { status } = await engine.finish(accepted)
        expect(`${ok} well, ${bad} not: ${status}`).toBe(`${ok} well, ${bad} not: ${end === 'asks' ? 'active' : end}`)
        expect(await whatRuns(engine, service)).toEqual(only(status === 'active' ? '1.1.0' : '1.0.0'))
      }
    })
  }
})
