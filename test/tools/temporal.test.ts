import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultCacheDir, obtainTemporal, temporalWays } from '../../tools/temporal.ts'
import { goEnvironment } from '../../tools/temporal-fill.ts'
import { serverVersion } from '../../tools/temporal-ways.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidegate-tools-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const good = 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)'

const script = (path: string, lines: string) => writeFile(path, `#!/bin/sh\n${lines}\n`, { mode: 0o755 })

async function folder(name: string): Promise<string> {
  await mkdir(join(dir, name))
  return join(dir, name)
}

/** Runs `obtain.ts` with the programs of `bin` before all others. */
async function obtaining(bin: string, cacheDir: string, ...ways: string[]) {
  const run = await execa(process.execPath, [join(import.meta.dirname, 'obtain.ts'), cacheDir, ...ways], {
    env: { PATH: `${bin}:${process.env.PATH}` },
    reject: false,
  })
  return { exitCode: run.exitCode, out: run.stdout, err: run.stderr }
}

const only = (...ways: string[]) => temporalWays.filter((row) => ways.includes(row.way))
const obtain = (env: NodeJS.ProcessEnv) =>
  obtainTemporal({ cacheDir: join(dir, randomUUID()), env, ways: only('environment', 'cache'), log: () => {} })

describe('the ways to a Temporal server', () => {
  test('are tried from the nearest to the slowest', () => {
    expect(temporalWays.map((row) => row.way)).toEqual(['environment', 'path', 'cache', 'download', 'go'])
    expect(temporalWays.filter((row) => row.fills).every((row) => row.takes !== '')).toBe(true)
  })

  test.each([
    [{}, '/w/.tidegate/cache'],
    [{ TIDEGATE_HOME: 'state' }, '/w/state/cache'],
    [{ TIDEGATE_HOME: '/s' }, '/s/cache'],
    [{ TIDEGATE_HOME: '/s', TIDEGATE_CACHE: '/c' }, '/c'],
    [{ TIDEGATE_CACHE: '' }, '/w/.tidegate/cache'],
  ])('with %j keep what was obtained in %s', (env, expected) => {
    expect(defaultCacheDir(env, '/w')).toBe(expected)
  })

  test.each([
    [good, '1.29.1'],
    ['temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)', '1.29.1'],
    ['tctl version 1.18.0', null],
    ['', null],
  ])('read %j as server %s', (printed, version) => {
    expect(serverVersion(printed)).toBe(version)
  })
})

describe('obtaining a Temporal server', () => {
  test('takes the one that the person names', async () => {
    const path = join(dir, 'named')
    await script(path, `echo '${good}'`)
    const obtained = await obtain({ TIDEGATE_TEMPORAL_CLI: path })
    expect(obtained).toEqual({ path, how: 'environment', version: good })
  })

  test('finds the one on PATH', async () => {
    const bin = await folder('on-path')
    await script(join(bin, 'temporal'), `echo '${good}'`)
    const { out } = await obtaining(bin, join(dir, 'unused'), 'path', 'cache')
    expect(JSON.parse(out)).toEqual({ path: 'temporal', how: 'path', version: good })
  })

  test.each([
    ['is too old', 'temporal version 1.0.0 (Server 1.24.2, UI 2.28.0)', /1\.24\.2, older than/],
    ['is something else', 'hello', /prints no server version/],
  ])('goes on to the next way when that one %s, and says why', async (_, text, why) => {
    const path = join(dir, randomUUID())
    await script(path, `echo '${text}'`)
    const error = await obtain({ TIDEGATE_TEMPORAL_CLI: path }).catch((e) => e)
    expect(error.code).toBe('temporal.unobtainable')
    expect(error.message).toMatch(why)
    expect(error.message).toMatch(/the cache: nothing there yet/)
    expect(error.remedy).toMatch(/TIDEGATE_TEMPORAL_CLI/)
  })

  test('builds once when two processes want it at the same time, and leaves only the binary', async () => {
    const bin = await folder('go')
    const builds = join(dir, 'builds')
    await script(
      join(bin, 'go'),
      `echo build >> ${builds}\nsleep 0.5\nprintf '#!/bin/sh\\necho "${good}"\\n' > $GOBIN/temporal`,
    )
    const cacheDir = join(dir, 'shared')
    const both = await Promise.all([1, 2].map(() => obtaining(bin, cacheDir, 'cache', 'go')))
    for (const { out } of both) expect(JSON.parse(out)).toMatchObject({ how: 'go', version: good })
    expect(both.map((each) => each.err).join()).toMatch(/Another process is obtaining/)
    expect(await readFile(builds, 'utf8')).toBe('build\n')
    expect(await readdir(cacheDir)).toEqual(['temporal'])
  })

  test('explains a build that fails, and leaves nothing behind', async () => {
    const bin = await folder('broken')
    await script(join(bin, 'go'), 'echo "no required module provides it" >&2\nexit 1')
    const cacheDir = join(dir, 'failed')
    const { exitCode, err } = await obtaining(bin, cacheDir, 'cache', 'go')
    expect(exitCode).toBe(1)
    expect(err).toMatch(/go install .*about 4 minutes/)
    expect(err).toMatch(/no required module provides it/)
    expect(await readdir(cacheDir)).toEqual([])
  })

  test('takes over from a process that died while building', async () => {
    const cacheDir = await folder('abandoned')
    await mkdir(join(cacheDir, 'temporal-build-dead'))
    await writeFile(join(cacheDir, 'temporal.lock'), '1\n')
    const longAgo = new Date(Date.now() - 60_000)
    await utimes(join(cacheDir, 'temporal.lock'), longAgo, longAgo)
    const bin = await folder('taker')
    await script(join(bin, 'go'), `printf '#!/bin/sh\\necho "${good}"\\n' > $GOBIN/temporal`)
    const { out } = await obtaining(bin, cacheDir, 'cache', 'go')
    expect(JSON.parse(out)).toMatchObject({ how: 'go' })
    expect(await readdir(cacheDir)).toEqual(['temporal'])
  })
})

describe('the environment of a Go build', () => {
  test('keeps the settings of the person and writes nothing outside the temporary folder', () => {
    const env = goEnvironment(
      { HOME: '/h', GOPROXY: 'https://proxy.example', GOFLAGS: '-x', GOPATH: '/h/go', GOCACHE: '/h/c' },
      '/t',
      'local',
    )
    expect(env).toMatchObject({ GOPROXY: 'https://proxy.example', GOFLAGS: '-x', GOTOOLCHAIN: 'local', HOME: '/h' })
    for (const name of ['GOBIN', 'GOPATH', 'GOMODCACHE', 'GOCACHE', 'GOTMPDIR']) expect(env[name]).toMatch(/^\/t\//)
  })

  test.runIf(process.platform === 'linux')(
    'reads the settings file of the person, but writes beside it no more',
    () => {
      expect(goEnvironment({ HOME: '/h' }, '/t', 'local')).toMatchObject({
        GOENV: '/h/.config/go/env',
        XDG_CONFIG_HOME: '/t/config',
      })
      expect(goEnvironment({ HOME: '/h', GOENV: 'off' }, '/t', 'local').GOENV).toBe('off')
    },
  )
})
