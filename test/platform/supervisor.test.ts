import { lstat, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogLine } from '../../src/platforms/port.ts'
import { candidate, deployed, fence } from './deployed.ts'
import { isRunning, type LocalAgentUnderTest, localAgent, until, untilState } from './local-agent.ts'
import { readiness, storeRelease } from './service.ts'

let agent: LocalAgentUnderTest
beforeAll(async () => {
  process.env.SHOP_PASSWORD = 'correct horse'
  agent = await localAgent()
})
afterAll(async () => {
  delete process.env.SHOP_PASSWORD
  await agent.dispose()
})

describe('what a process gets', () => {
  test('its ports, names, references expanded, secrets by reference; the runtime of the agent; its release read-only', async () => {
    const { endpoint, release, target } = await deployed(agent, {
      args: ['--listen=$(HOST):$(PORT)', '$$(PORT)', '$(UNKNOWN)'],
      env: { PUBLIC: 'http://$(HOST):$(PORT)' },
      secrets: [{ name: 'PASSWORD', from: 'env:SHOP_PASSWORD' }],
    })
    const { body } = await request(`${endpoint}/environment`)
    const { env, cwd, argv, exe } = (await body.json()) as {
      env: Record<string, string>
      cwd: string
      argv: string[]
      exe: string
    }
    expect(env).toMatchObject({
      HOST: '127.0.0.1',
      TIDEGATE_SERVICE: target.service,
      TIDEGATE_RELEASE: release.id,
      TIDEGATE_VERSION: '1.0.0',
      PUBLIC: `http://127.0.0.1:${env.PORT}`,
      PASSWORD: 'correct horse',
    })
    expect(env.SHOP_PASSWORD).toBeUndefined()
    expect(argv.slice(2)).toEqual([`--listen=127.0.0.1:${env.PORT}`, '$(PORT)', '$(UNKNOWN)'])
    expect(exe).toBe(process.execPath)
    expect((await lstat(cwd)).mode & 0o222).toBe(0)
    expect((await lstat(join(cwd, 'server.mjs'))).mode & 0o222).toBe(0)
    expect((await stat(env.TMPDIR ?? '')).isDirectory()).toBe(true)
    expect(await everythingWritten(agent.dir)).not.toContain('correct horse')
  })

  test('a secret that cannot be had is said by name, and the instance does not start', async () => {
    const { platform } = agent
    const { target } = await deployed(agent)
    const release = await storeRelease(platform.store, '1.1.0', { secrets: [{ name: 'KEY', from: 'env:NOT_SET' }] })
    await platform.apply(target, 'candidate', { release, scale: 'keep' }, fence)
    const state = await untilState(platform, target, ({ slots }) => slots.candidate?.crashLoop != null)
    expect(state.slots.candidate?.crashLoop).toBe("secret KEY: NOT_SET is not set in the agent's environment")
  })
})

describe('health', () => {
  test('a crash loop is seen at once, with how it ended', async () => {
    const { platform } = agent
    const { target } = await deployed(agent)
    const release = await storeRelease(platform.store, '1.1.0', { env: { CRASH: '3' } })
    await platform.apply(target, 'candidate', { release, scale: 'keep' }, fence)
    const began = performance.now()
    const state = await untilState(platform, target, ({ slots }) => slots.candidate?.crashLoop != null)
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(state.slots.candidate?.crashLoop).toBe('exit code 3')
    expect(state.slots.candidate?.restarts).toBeGreaterThanOrEqual(3)
  })

  test('a command that does not exist is a crash loop too', async () => {
    const { platform } = agent
    const { target } = await deployed(agent)
    const release = await storeRelease(platform.store, '1.1.0', { command: ['no-such-program'] })
    await platform.apply(target, 'candidate', { release, scale: 'keep' }, fence)
    const state = await untilState(platform, target, ({ slots }) => slots.candidate?.crashLoop != null)
    expect(state.slots.candidate?.crashLoop).toContain('ENOENT')
  })

  test('one exit is a restart, not a crash loop', async () => {
    const { platform } = agent
    const { target, endpoint } = await deployed(agent)
    await request(`${endpoint}/exit`).then(({ body }) => body.dump())
    const state = await untilState(
      platform,
      target,
      ({ slots }) => slots.stable?.ready === 1 && slots.stable.restarts === 1,
    )
    expect(state.slots.stable?.crashLoop).toBeNull()
  })

  test('a failing liveness probe restarts the process', async () => {
    const { platform } = agent
    const liveness = { ...readiness(), initialDelayMs: 1_000 }
    const { target, endpoint } = await deployed(agent, { probes: { liveness } })
    const { headers } = await request(`${endpoint}/unwell`)
    await untilState(platform, target, ({ slots }) => (slots.stable?.restarts ?? 0) > 0 && slots.stable?.ready === 1)
    expect(await isRunning(Number(headers['x-pid']))).toBe(false)
  })

  test('a startup probe holds the others back; a command can be a probe', async () => {
    const command = ['node', '-e', 'process.exit(process.env.TIDEGATE_VERSION === "1.0.0" ? 0 : 1)']
    const startup = { ...readiness(), failureThreshold: 50 }
    const { names } = await deployed(agent, {
      env: { READY_AFTER: '500' },
      probes: { startup, readiness: { ...readiness(), action: { kind: 'command', command } }, liveness: readiness() },
    })
    expect(names).toHaveLength(1)
  })

  test('a service without ports is ready when it has run for a second, and has no address', async () => {
    const { endpoint } = await deployed(agent, {
      command: ['node', '-e', 'setInterval(() => {}, 1000)'],
      ports: [],
      probes: {},
    })
    expect(endpoint).toBe('')
  })

  test('a process that ignores SIGTERM is killed after its grace period, with all that it started', async () => {
    const { platform } = agent
    const { target, endpoint } = await deployed(agent, { env: { IGNORE_TERM: '1' }, gracePeriodMs: 300 })
    const { headers } = await request(endpoint)
    await candidate(agent, target)
    await platform.promote(target, fence)
    for (const name of ['x-pid', 'x-child']) {
      expect(Number(headers[name])).toBeGreaterThan(1)
      await until(async () => !(await isRunning(Number(headers[name]))))
    }
  })
})

describe('logs', () => {
  test('are given per instance and release, and followed as they come', async () => {
    const { platform } = agent
    const { target, release, names } = await deployed(agent)
    const done = new AbortController()
    const lines: LogLine[] = []
    for await (const line of platform.logs?.(target, { follow: true }, done.signal) ?? []) {
      lines.push(line)
      if (lines.length === 1) await candidate(agent, target)
      if (line.line === 'listening as 1.1.0') done.abort()
    }
    expect(lines[0]).toMatchObject({
      instance: names[0],
      release: release.id,
      stream: 'stdout',
      line: 'listening as 1.0.0',
    })
    expect(Date.now() - Date.parse(lines[0]?.at ?? '')).toBeLessThan(10_000)
    const ofSlot: string[] = []
    for await (const { line } of platform.logs?.(target, { slot: 'candidate' }, AbortSignal.timeout(5_000)) ?? []) {
      ofSlot.push(line)
    }
    expect(ofSlot).toEqual(['listening as 1.1.0'])
  })

  test('are bounded on disk', async () => {
    const { names } = await deployed(agent, { env: { CHATTER: '100000' } })
    const folder =
      (await readdir(agent.dir, { recursive: true })).find((path) => path.endsWith(`logs/${names[0]}`)) ?? ''
    const size = async (name: string) => (await stat(join(agent.dir, folder, name)).catch(() => null))?.size ?? 0
    await until(async () => (await size('stdout.log.1')) > 0)
    for (let i = 0; i < 10; i++) {
      await until(async () => (await size('stdout.log')) > 0)
      // Twice 5 MB, and what is written at 5 MB a second between two looks, each half a second.
      expect((await size('stdout.log')) + (await size('stdout.log.1'))).toBeLessThan(20e6)
    }
  })
})

/** All text that the agent wrote, but not the archives. */
async function everythingWritten(dir: string): Promise<string> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map((path) => readFile(path, 'utf8')))).join('\n')
}
