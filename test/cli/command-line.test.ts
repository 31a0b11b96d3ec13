/** The command line as a child process, where no server is needed: help, bad input, what scripts see. */
import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, test as alone, beforeAll, expect } from 'vitest'
import { parse } from 'yaml'
import { loadSpec } from '../../src/spec/index.ts'
import { folder, start, tidegate } from './rig.ts'

// Mostly the start of processes, and none changes what another reads.
const test = alone.concurrent

const good = 'service: shop\nversion: 1.0.0\nartifact: .\ncommand: node server.js\nport: 8080\nready: /healthz\n'
const bad = 'service: shop\nversion: 1.0.0\nartifact: .\ncomand: node server.js\nreplicas: many\nstrategy: canry\n'

let here: Awaited<ReturnType<typeof folder>>
beforeAll(async () => {
  here = await folder({ 'tidegate.yaml': good, 'bad.yaml': bad, 'torn.yaml': 'service: shop\nversion: [1.0\n' })
})
afterAll(() => here.remove())

const run = (...args: string[]) => tidegate(here.dir, args)

const commands = [
  ...['init', 'plan', 'deploy', 'status', 'watch', 'approve', 'reject', 'promote', 'pause', 'resume', 'abort'],
  ...['retry', 'skip', 'rollback', 'scale', 'restart', 'freeze', 'unfreeze', 'history', 'list', 'logs', 'dev'],
  ...['doctor', 'completion', 'schema', 'quickstart', 'worker'],
]

test('--help names every command, and loads nothing that only a command needs', async () => {
  const { code, stdout } = await run('--help')
  expect(code).toBe(0)
  for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'))

  // Time depends on the machine; what is loaded does not.
  const trace =
    'import{registerHooks}from"node:module";registerHooks({load(u,c,n){process.stderr.write(u+"\\n");return n(u,c)}})'
  const traced = await start(here.dir, ['--help'], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(trace)}`,
  })
  const loaded = String(traced.stderr)
    .split('\n')
    .filter((url) => url.startsWith('file:'))
  expect(loaded.some((url) => url.endsWith('/src/cli/main.ts'))).toBe(true)
  expect(loaded.length).toBeLessThan(30)
  expect(loaded.filter((url) => /@temporalio|zod|undici|pino|\/spec\/index/.test(url))).toEqual([])
})

test('--version is that of the package, and after deploy it is the service’s', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8'))
  expect((await run('--version')).stdout).toBe(version)
  const plan = await run('plan', '--version', '7.8.9', '--json')
  expect(plan.last()).toMatchObject({ version: '7.8.9' })
})

test('a broken spec ends with 2 and all of its mistakes at once, and nothing is started', async () => {
  for (const command of ['plan', 'deploy']) {
    const { code, stdout, stderr } = await run(command, '--file', 'bad.yaml')
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/bad\.yaml:4:1 .*comand.*did you mean command/)
    expect(stderr).toMatch(/bad\.yaml:5:\d+ .*replicas.*"many"/)
    expect(stderr).toMatch(/bad\.yaml:6:\d+ .*strategy.*canary/)
  }
  await expect(access(join(here.dir, '.tidegate'))).rejects.toThrow()
})

test('with --json the last line of a failed command is one object with the error and each problem', async () => {
  const { code, stderr, last } = await run('deploy', '--file', 'bad.yaml', '--json')
  expect(code).toBe(2)
  expect(stderr).toBe('')
  const { error } = last<{ error: { code: string; problems: unknown[] } }>()
  expect(error).toMatchObject({ code: 'spec.invalid' })
  expect(error.problems.length).toBeGreaterThanOrEqual(3)
})

test.each([
  ['no command', [], /Usage: tidegate/],
  ['an unknown command', ['deplyo'], /deplyo[\s\S]*deploy/],
  ['an unknown option', ['deploy', '--forse'], /--forse/],
  ['a choice that is none', ['deploy', '--when-busy', 'panic'], /queue, supersede, replace, refuse/],
  ['a wait that is none', ['rollback', '--wait', 'shop'], /--wait/],
  ['a time that is none', ['watch', 'shop', '--timeout', 'soon'], /soon/],
  ['replicas that are none', ['scale', 'lots', 'shop'], /lots/],
  ['a range upside down', ['scale', '5..2', 'shop'], /5\.\.2/],
  ['a number that is none', ['status', 'shop', '--number', 'x'], /x/],
  ['half a deployment id', ['status', 'deployment/production/shop'], /deployment\/production\/shop/],
  ['an unknown environment', ['plan', '-e', 'prodction'], /production/],
  ['an unknown location', ['plan', '--location', 'moon'], /moon/],
  ['a missing spec', ['plan', '--file', 'none.yaml'], /none\.yaml/],
  ['a torn spec', ['plan', '--file', 'torn.yaml'], /torn\.yaml/],
  ['a missing configuration', ['list', '--config', 'none.yaml'], /none\.yaml/],
])('%s ends with 2 and says so', async (_, args, says) => {
  const { code, stdout, stderr } = await run(...args)
  expect(`${stdout}${stderr}`).toMatch(says)
  expect(code).toBe(2)
})

test('usage errors are one object with --json, too', async () => {
  const { code, last } = await run('deploy', '--when-busy', 'panic', '--json')
  expect(code).toBe(2)
  expect(last()).toMatchObject({ error: { code: 'input.invalid' } })
})

test('where no Temporal answers, commands end with 3 within seconds, and say how to have one', async () => {
  const began = Date.now()
  const { code, last } = await run('status', 'shop', '--address', '127.0.0.1:9', '--json')
  expect(code).toBe(3)
  expect(last()).toMatchObject({
    error: { code: 'temporal.unreachable', remedy: expect.stringContaining('tidegate dev') },
  })
  expect(Date.now() - began).toBeLessThan(15_000)
})

test('where no agent answers, logs ends with 3', async () => {
  expect(await run('logs', 'shop')).toMatchObject({ code: 3, stderr: expect.stringContaining('tidegate dev') })
})

test('doctor says what is absent and how to mend it, and ends with 3', async () => {
  const { code, stdout } = await tidegate(here.dir, ['doctor'], { TEMPORAL_ADDRESS: '127.0.0.1:9' })
  expect(code).toBe(3)
  expect(stdout).toMatch(/Node/)
  expect(stdout).toMatch(/127\.0\.0\.1:9[\s\S]*tidegate dev/)
})

test('plan shows each value with where it comes from, and the steps with their times', async () => {
  const { code, stdout } = await run('plan', '-e', 'production', '--replicas', '4')
  expect(code).toBe(0)
  expect(stdout).toMatch(/workload\.command .*tidegate\.yaml:4/)
  expect(stdout).toMatch(/replicas .*--replicas/)
  expect(stdout).toMatch(/strategy\.name +canary +default for production/)
  expect(stdout).toMatch(/\d+ % for \d+m/)
})

test('init writes the spec that the flags ask for, and never over one that is there', async () => {
  const empty = await folder()
  const init = (...more: string[]) =>
    tidegate(empty.dir, ['init', '--service', 'web', '--command', 'node web.js', '--port', '3000', '--yes', ...more])
  try {
    expect((await init('--ready', '/up')).code).toBe(0)
    const file = join(empty.dir, 'tidegate.yaml')
    expect(parse(await readFile(file, 'utf8'))).toMatchObject({ service: 'web', port: 3000, ready: '/up' })
    expect((await loadSpec({ file })).spec.service).toBe('web')

    await writeFile(file, good)
    expect(await init()).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') })
    expect(await readFile(file, 'utf8')).toBe(good)
    expect((await init('--force')).code).toBe(0)
    expect(parse(await readFile(file, 'utf8'))).toMatchObject({ service: 'web' })
  } finally {
    await empty.remove()
  }
})

test('init refuses answers that make no spec, and leaves nothing behind', async () => {
  const empty = await folder()
  try {
    expect((await tidegate(empty.dir, ['init', '--service', 'Not A Name', '--yes'])).code).toBe(2)
    await expect(access(join(empty.dir, 'tidegate.yaml'))).rejects.toThrow()
  } finally {
    await empty.remove()
  }
})

test.each(['spec', 'config'])('schema %s prints a JSON Schema', async (which) => {
  const { code, stdout } = await run('schema', which)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ $schema: expect.stringContaining('draft-07') })
})

test.each(['bash', 'zsh', 'fish'])('completion %s prints a script', async (shell) => {
  const { code, stdout } = await run('completion', shell)
  expect(code).toBe(0)
  expect(stdout).toMatch(/tidegate/)
})

test('completion knows the commands and their options', async () => {
  expect((await run('complete', '--', 'roll')).stdout).toMatch(/^rollback\t/m)
  expect((await run('complete', '--', 'deploy', '--when')).stdout).toMatch(/^--when-busy/m)
})

test('pipes get no colour; --debug shows where an error came from', async () => {
  const { stdout, stderr } = await run('plan', '--file', 'none.yaml', '--debug')
  expect(stderr).toMatch(/\n +at .*load\.ts/)
  expect(`${stdout}${stderr}`).not.toContain('\u001b[')
})

test('a reader that leaves early ends the command silently', async () => {
  const child = start(here.dir, ['schema', 'spec'], {}, { buffer: false })
  child.stdout?.destroy()
  let stderr = ''
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk)
  })
  await child
  expect(stderr).toBe('')
})
