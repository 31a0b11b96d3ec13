import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { idempotencyKey, runHook } from '../../src/hooks/run.ts'
import type { Hook } from '../../src/spec/model.ts'
import { type Served, serve } from '../outside/serve.ts'

let server: Served
beforeAll(async () => {
  server = await serve(({ url }, response) => {
    if (url === '/silent') return
    if (url === '/cut') return response.destroy()
    response.statusCode = url.startsWith('/broken') ? 500 : 204
    response.end()
  })
})
afterAll(() => server.close())
afterEach(() => vi.unstubAllEnvs())

const key = idempotencyKey('deployment/production/host/shop/3', 'migrate')
const context = {
  deployment: 'deployment/production/host/shop/3',
  service: 'shop',
  environment: 'production',
  location: 'host',
  version: '1.1.0',
  previous: '1.0.0',
  stage: 'before-execute',
  status: 'preparing',
  idempotencyKey: key,
}
const hook = (action: Hook['action'], timeoutMs = 5_000): Hook => ({
  name: 'migrate',
  at: 'before-execute',
  action,
  timeoutMs,
  onFailure: 'fail',
  once: false,
})
const http = (path: string, headers: Record<string, string> = {}, timeoutMs?: number) =>
  hook(
    { kind: 'http', url: path.startsWith('http') ? path : `${server.url}${path}`, method: 'POST', headers },
    timeoutMs,
  )
const node = (script: string, timeoutMs?: number) =>
  hook({ kind: 'command', command: [process.execPath, '-e', script] }, timeoutMs)

test('the key is the same for the same deployment and hook, and no other', () => {
  const keys = [
    idempotencyKey('deployment/production/host/shop/3', 'migrate'),
    idempotencyKey('deployment/production/host/shop/4', 'migrate'),
    idempotencyKey('deployment/production/host/shop/3', 'warm up'),
    idempotencyKey('deployment/production/host/shop/3migrate', ''),
  ]
  expect(keys[0]).toBe(key)
  expect(new Set(keys).size).toBe(4)
})

test('an http hook gets the context as JSON, with its idempotency key, each time it is repeated', async () => {
  server.received.length = 0
  for (let i = 0; i < 2; i++) expect(await runHook(http('/migrate'), context)).toMatchObject({ ok: true })
  expect(server.received).toHaveLength(2)
  for (const { method, headers, body } of server.received) {
    expect(method).toBe('POST')
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': key })
    expect(JSON.parse(body)).toEqual(context)
  }
})

test('a command gets the context as variables', async () => {
  const names = [
    'DEPLOYMENT',
    'SERVICE',
    'ENVIRONMENT',
    'LOCATION',
    'VERSION',
    'PREVIOUS',
    'STAGE',
    'STATUS',
    'IDEMPOTENCY_KEY',
  ]
  const script = `console.log(${JSON.stringify(names)}.map((name) => process.env['TIDEGATE_' + name]).join(' '))`
  const { ok, detail } = await runHook(node(script), context)
  expect(ok).toBe(true)
  expect(detail).toBe(
    `exit code 0: deployment/production/host/shop/3 shop production host 1.1.0 1.0.0 before-execute preparing ${key}`,
  )
})

test('what a hook refuses is a failure that is known', async () => {
  expect(await runHook(http('/broken'), context)).toEqual({
    ok: false,
    detail: `POST ${server.url}/broken answered 500`,
  })
  expect(await runHook(node('process.exit(4)'), context)).toEqual({ ok: false, detail: 'exit code 4' })
})

test('a lost answer is unknown, one that never left is not', async () => {
  expect(await runHook(http('/silent', {}, 100), context)).toMatchObject({ ok: false, unknown: true })
  expect(await runHook(http('/cut'), context)).toMatchObject({ ok: false, unknown: true })
  expect(await runHook(node('setInterval(() => {}, 1000)', 300), context)).toMatchObject({ ok: false, unknown: true })
  const gone = await serve(() => {})
  await gone.close()
  const refused = await runHook(http(`${gone.url}/`), context)
  expect(refused).toMatchObject({ ok: false, detail: expect.stringContaining('ECONNREFUSED') })
  expect(refused.unknown).toBeUndefined()
})

test('headers by reference are read where the hook runs, and are in no detail', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-hook-'))
  try {
    await writeFile(join(folder, 'key'), 'file-secret-value\n')
    vi.stubEnv('HOOK_AUTHORIZATION', 'Bearer env-secret-value')
    server.received.length = 0
    const headers = {
      authorization: 'env:HOOK_AUTHORIZATION',
      'x-key': `file:${join(folder, 'key')}`,
      'x-plain': 'plain',
    }
    const result = await runHook(http('/broken/env-secret-value?token=file-secret-value', headers), context)
    expect(server.received[0]?.headers).toMatchObject({
      authorization: 'Bearer env-secret-value',
      'x-key': 'file-secret-value',
      'x-plain': 'plain',
    })
    expect(result.detail).not.toMatch(/secret-value/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a header that refers to nothing is an error of the one who wrote it', async () => {
  const missing = runHook(http('/migrate', { authorization: 'env:TIDEGATE_TEST_NOT_SET' }), context)
  await expect(missing).rejects.toMatchObject({
    code: 'input.invalid',
    message: expect.stringContaining('env:TIDEGATE_TEST_NOT_SET'),
  })
})

test('a cancelled hook has no result', async () => {
  const controller = new AbortController()
  const running = runHook(http('/silent'), context, controller.signal)
  controller.abort(new Error('cancelled'))
  await expect(running).rejects.toThrow('cancelled')
})
