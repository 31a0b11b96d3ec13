import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { redacted } from '../../src/outside/redact.ts'
import { runCommand } from '../../src/outside/run-command.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-command-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

const node = (script: string) => [process.execPath, '-e', script]
/** A process that has ended but was not yet collected by its parent is not alive. */
const isAlive = async (pid: number) => {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return !/\) Z /.test(stat)
}
/** Starts a process of its own, writes its pid to a file, and waits for ever. */
const withChild = (file: string) =>
  node(`
    const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    require('node:fs').writeFileSync(${JSON.stringify(file)}, String(child.pid))
    setInterval(() => {}, 1000)`)

test('a time-out ends the command and all that it started', async () => {
  const file = join(folder, 'pid')
  const result = await runCommand(withChild(file), { timeoutMs: 800 })
  expect(result).toMatchObject({ ok: false, timedOut: true, detail: 'did not end within 0.8 s' })
  const pid = Number(await readFile(file, 'utf8'))
  await vi.waitFor(async () => expect(await isAlive(pid)).toBe(false), { timeout: 2_000 })
})

test('a cancellation ends it too, and gives no result', async () => {
  const file = join(folder, 'pid')
  const controller = new AbortController()
  const running = runCommand(withChild(file), { timeoutMs: 20_000, signal: controller.signal })
  const pid = await vi.waitFor(
    async () => Number(await readFile(file, 'utf8')) || Promise.reject(new Error('not yet')),
    {
      timeout: 5_000,
    },
  )
  controller.abort(new Error('cancelled'))
  await expect(running).rejects.toThrow('cancelled')
  await vi.waitFor(async () => expect(await isAlive(pid)).toBe(false), { timeout: 2_000 })
})

test('much output is kept to its end', async () => {
  const result = await runCommand(node(`for (let i = 0; i < 50000; i++) console.log('line ' + i)`), {
    timeoutMs: 10_000,
  })
  expect(result).toEqual({ ok: true, detail: 'exit code 0: line 49999', timedOut: false })
})

test('a command that is not there is an answer', async () => {
  const result = await runCommand(['tidegate-no-such-command'], { timeoutMs: 1_000 })
  expect(result).toMatchObject({ ok: false, detail: expect.stringContaining('ENOENT') })
})

test('no shell reads it', async () => {
  const result = await runCommand([...node('console.log(process.argv[1])'), '$(whoami); exit 3'], { timeoutMs: 5_000 })
  expect(result.detail).toBe('exit code 0: $(whoami); exit 3')
})

test("the engine's credentials are not in its environment, and no known secret is in what it says", async () => {
  vi.stubEnv('TEMPORAL_API_KEY', 'temporal-credential')
  vi.stubEnv('SHOP_DB_PASSWORD', 'hunter2hunter2')
  const script = `console.log(process.env.TEMPORAL_API_KEY + ' ' + process.env.SHOP_DB_PASSWORD)`
  const { detail } = await runCommand(node(script), { timeoutMs: 5_000 })
  expect(detail).toBe('exit code 0: undefined ***')
})

test.each([
  ['the value hunter22 here', 'the value *** here'],
  ['postgres://user:pw@db/shop', 'postgres://***@db/shop'],
  ['GET https://example.com/a?key=1 answered', 'GET https://example.com/a?*** answered'],
  ['nothing to hide', 'nothing to hide'],
])('%s becomes %s', (text, safe) => {
  expect(redacted(text, ['hunter22'], {})).toBe(safe)
})
