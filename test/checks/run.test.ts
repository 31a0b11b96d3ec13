import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aggregate, runCheck, runChecks } from '../../src/checks/run.ts'
import type { Check, CheckAction } from '../../src/spec/model.ts'
import { type Served, serve } from '../outside/serve.ts'

let server: Served
let asked = 0
beforeAll(async () => {
  server = await serve(({ url }, response) => {
    if (url === '/silent') return
    if (url === '/third') response.statusCode = ++asked < 3 ? 503 : 200
    if (url === '/moved') response.writeHead(302, { location: '/well' })
    if (url === '/broken') response.statusCode = 500
    if (url === '/cut') return response.destroy()
    response.end(url === '/long' ? 'x'.repeat(3_000_000) : 'the shop is open')
  })
})
afterAll(() => server.close())

const check = (action: Partial<CheckAction> & { kind: CheckAction['kind'] }, changes: Partial<Check> = {}): Check => ({
  name: 'it',
  when: ['monitor'],
  action: { ...(action.kind === 'http' && { method: 'GET', expectStatus: [200, 201, 202] }), ...action } as CheckAction,
  timeoutMs: 2_000,
  retries: 0,
  retryDelayMs: 10,
  ...changes,
})
const node = (script: string): CheckAction => ({ kind: 'command', command: [process.execPath, '-e', script] })
const refusedPort = async () => {
  const gone = await serve(() => {})
  await gone.close()
  return gone.port
}

describe('an http check', () => {
  test.each<[string, Partial<CheckAction>, boolean, string]>([
    ['is well with an expected status', { path: '/well' }, true, 'answered 200'],
    ['fails with another', { path: '/broken' }, false, 'answered 500, expected 200 to 202'],
    ['follows no redirect', { path: '/moved' }, false, 'answered 302'],
    ['is well with a redirect that is expected', { path: '/moved', expectStatus: [302] }, true, 'answered 302'],
    ['looks for a text in the body', { path: '/well', expectBody: 'is open' }, true, 'answered 200'],
    ['fails when it is not there', { path: '/well', expectBody: 'closed' }, false, 'does not contain'],
    ['reads a long body to a bound', { path: '/long', expectBody: 'y' }, false, 'does not contain'],
    ['says what broke', { path: '/cut' }, false, 'other side closed'],
  ])('%s', async (_, action, ok, detail) => {
    const result = await runCheck(check({ kind: 'http', ...action }), { endpoint: server.url })
    expect(result).toMatchObject({ ok, attempts: 1, detail: expect.stringContaining(detail) })
  })

  test('goes to its own address, or to the endpoint, or to the preview', async () => {
    const at = async (action: Partial<CheckAction>, place: object) =>
      (await runCheck(check({ kind: 'http', ...action }), place)).ok
    expect(await at({ url: `${server.url}/well` }, {})).toBe(true)
    expect(await at({ path: '/well' }, { preview: server.url })).toBe(true)
    expect(await at({ path: '/well' }, {})).toBe(false)
  })

  test('that gets no answer is over at its time-out', async () => {
    const result = await runCheck(check({ kind: 'http', path: '/silent' }, { timeoutMs: 100 }), {
      endpoint: server.url,
    })
    expect(result).toMatchObject({ ok: false, detail: 'no answer within 0.1 s' })
    expect(result.ms).toBeLessThan(1_500)
  })

  test('is tried again until it is well', async () => {
    const result = await runCheck(check({ kind: 'http', path: '/third' }, { retries: 5 }), { endpoint: server.url })
    expect(result).toMatchObject({ ok: true, attempts: 3 })
  })

  test('has used up its tries after the retries', async () => {
    const result = await runCheck(check({ kind: 'http', path: '/broken' }, { retries: 2 }), { endpoint: server.url })
    expect(result).toMatchObject({ ok: false, attempts: 3 })
  })
})

test('a tcp check is well when the port accepts a connection', async () => {
  expect(await runCheck(check({ kind: 'tcp' }), { endpoint: server.url })).toMatchObject({ ok: true })
  expect(await runCheck(check({ kind: 'tcp', host: '127.0.0.1', port: server.port }), {})).toMatchObject({ ok: true })
  const refused = await runCheck(check({ kind: 'tcp', port: await refusedPort() }), {})
  expect(refused).toMatchObject({ ok: false, detail: expect.stringContaining('ECONNREFUSED') })
  expect(await runCheck(check({ kind: 'tcp' }), {})).toMatchObject({ ok: false })
})

test('a command check is well when it exits with 0, and knows where the service is', async () => {
  const fetches = node(`fetch(process.env.TIDEGATE_ENDPOINT).then((r) => process.exit(r.ok ? 0 : 1))`)
  expect(await runCheck(check(fetches), { endpoint: server.url })).toMatchObject({ ok: true })
  const fails = await runCheck(check(node(`console.error('no stock'); process.exit(3)`)), {})
  expect(fails).toMatchObject({ ok: false, detail: 'exit code 3: no stock' })
})

test('checks run in parallel, and their results are in their order', async () => {
  const slow = Array.from({ length: 4 }, (_, i) =>
    check({ kind: 'http', path: '/silent' }, { name: `slow ${i}`, timeoutMs: 300 }),
  )
  const started = performance.now()
  const results = await runChecks([...slow, check({ kind: 'http', path: '/well' }, { name: 'well' })], {
    endpoint: server.url,
  })
  expect(results.map(({ name, ok }) => `${name} ${ok}`)).toEqual([
    'slow 0 false',
    'slow 1 false',
    'slow 2 false',
    'slow 3 false',
    'well true',
  ])
  expect(performance.now() - started).toBeLessThan(1_100)
})

test('a cancelled check has no result', async () => {
  const controller = new AbortController()
  const running = runChecks([check({ kind: 'http', path: '/silent' })], { endpoint: server.url }, controller.signal)
  controller.abort(new Error('cancelled'))
  await expect(running).rejects.toThrow('cancelled')
})

test.each<[string, 'healthy' | 'degraded' | 'unhealthy']>([
  ['', 'healthy'],
  ['+', 'healthy'],
  ['+++', 'healthy'],
  ['-', 'unhealthy'],
  ['+-', 'unhealthy'],
  ['++-', 'degraded'],
  ['+--', 'unhealthy'],
  ['++--', 'unhealthy'],
  ['+++--', 'degraded'],
  ['---', 'unhealthy'],
])('checks "%s" are together %s', (results, health) => {
  expect(aggregate([...results].map((sign) => ({ ok: sign === '+' })))).toBe(health)
})
