/** The quickstart as a newcomer runs it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { QuickstartJson } from '../../src/cli/quickstart/report.ts'
import { temporalCli } from '../setup/temporal.ts'
import { processes } from './processes.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidegate-quickstart-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

test('npm run quickstart does the main job, says so as JSON, and leaves nothing behind', async () => {
  const home = join(dir, 'home')
  const temporary = join(dir, 'tmp')
  await Promise.all([mkdir(home), mkdir(temporary)])
  const started = performance.now()
  const child = spawn('npm', ['run', '--silent', 'quickstart', '--', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: home,
      TMPDIR: temporary,
      TIDEGATE_HOME: join(dir, 'state'),
      TIDEGATE_TEMPORAL_CLI: temporalCli(),
      // npm's own caches and logs are npm's.
      npm_config_cache: join(dir, 'npm'),
      npm_config_update_notifier: 'false',
      NODE_DISABLE_COMPILE_CACHE: '1',
    },
  })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  const seconds = (performance.now() - started) / 1000
  expect(code, stderr).toBe(0)

  const said = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as QuickstartJson
  const count = { total: expect.any(Number), failed: expect.any(Number) }
  expect(said).toEqual({
    ok: true,
    seconds: expect.any(Number),
    deployments: [
      { version: '1.0.0', strategy: 'rolling', outcome: 'active', previous: null },
      { version: '1.1.0', strategy: 'canary', outcome: 'active', previous: '1.0.0' },
      { version: '1.2.0', strategy: 'canary', outcome: 'rolled_back', previous: '1.1.0' },
      { version: '1.0.0', strategy: 'blue-green', outcome: 'active', previous: '1.1.0' },
    ],
    requests: { '1.0.0': { ...count, failed: 0 }, '1.1.0': { ...count, failed: 0 }, '1.2.0': count },
    links: { ui: expect.stringMatching(/^http:/), shop: expect.stringMatching(/^http:/) },
  } satisfies Record<keyof QuickstartJson, unknown>)
  expect(said.requests['1.2.0']?.failed).toBeGreaterThan(0)
  process.stdout.write(`\nquickstart  ${seconds.toFixed(1)} s in all, ${JSON.stringify(said)}\n\n`)

  const left = (await processes()).filter(({ command, environment }) =>
    [command, ...Object.values(environment)].some((word) => word.includes(dir)),
  )
  expect(left.map(({ pid, command }) => `${pid} ${command}`)).toEqual([])
  expect(await readdir(home)).toEqual([])
  expect(await readdir(temporary)).toEqual([])
  expect((await readdir(join(dir, 'state'), { recursive: true })).filter((name) => !name.startsWith('cache'))).toEqual(
    [],
  )
}, 240_000)
