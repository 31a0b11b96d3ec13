import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { request } from 'undici'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeTree } from '../../src/platforms/local/agent/releases.ts'
import { createLocalPlatform } from '../../src/platforms/local/platform.ts'
import { startAgent } from '../../src/platforms/local/start-agent.ts'
import { candidate, deployed, fence, load, versions } from './deployed.ts'
import { isRunning, type LocalAgentUnderTest, localAgent, until, untilReady, untilState } from './local-agent.ts'

let agent: LocalAgentUnderTest
beforeEach(async () => {
  agent = await localAgent()
})
afterEach(() => agent.dispose())

const pidOf = async (endpoint: string) => {
  const { headers, body } = await request(endpoint)
  await body.dump()
  return Number(headers['x-pid'])
}

test('nothing but the token drives it, and only the owner can read that', async () => {
  expect((await stat(join(agent.dir, 'token'))).mode & 0o777).toBe(0o600)
  const token = await readFile(join(agent.dir, 'token'), 'utf8')
  for (const authorization of [
    undefined,
    'Bearer ',
    `Bearer ${token}x`,
    `Basic ${token}`,
    `Bearer ${token.slice(1)}x`,
  ]) {
    for (const path of ['/v1/hello', '/v1/targets', '/v1/shutdown', '/metrics', '/']) {
      const { statusCode, body } = await request(`${agent.address}${path}`, {
        method: 'POST',
        headers: authorization === undefined ? {} : { authorization },
      })
      expect([statusCode, ((await body.json()) as { code: string }).code]).toEqual([401, 'agent.denied'])
    }
  }
  expect(await agent.platform.targets()).toEqual([])
  await writeFile(join(agent.dir, 'token'), 'another')
  await expect(createLocalPlatform({ dir: agent.dir }).targets()).rejects.toMatchObject({ code: 'agent.denied' })
  await writeFile(join(agent.dir, 'token'), token)
})

test('one agent runs for a folder, however many are started at once', async () => {
  const { pid } = agent
  const more = await Promise.all([1, 2, 3].map(() => startAgent({ dir: agent.dir })))
  expect(more.map((each) => [each.pid, each.started])).toEqual([1, 2, 3].map(() => [pid, false]))
  await agent.kill()
  const racing = await Promise.all([1, 2, 3].map(() => startAgent({ dir: agent.dir })))
  expect(new Set(racing.map((each) => each.pid)).size).toBe(1)
  expect(racing.filter((each) => each.started)).toHaveLength(1)
})

test('after kill -9 the next agent takes over what runs, restarts nothing, and answers at the same address', async () => {
  const { platform } = agent
  const { target, endpoint } = await deployed(agent)
  await candidate(agent, target)
  await platform.route(target, { weights: { stable: 0, candidate: 100 } }, fence)
  const pid = await pidOf(endpoint)
  const before = await platform.observe(target)
  const { address } = agent
  await agent.kill()
  await expect(platform.observe(target)).rejects.toMatchObject({ code: 'agent.unreachable' })
  expect(await isRunning(pid)).toBe(true)
  await agent.restart()
  expect(agent.address).toBe(address)
  expect(await platform.observe(target)).toEqual(before)
  expect(await pidOf(endpoint)).toBe(pid)
  await platform.promote(target, fence)
  await platform.retire(target, 'all', fence)
  await until(async () => !(await isRunning(pid)))
})

test('what died while no agent ran is started again; a process that was taken over is restarted when it ends', async () => {
  const { platform } = agent
  const { target, endpoint } = await deployed(agent)
  const first = await pidOf(endpoint)
  await agent.kill()
  process.kill(first, 'SIGKILL')
  await agent.restart()
  await untilReady(platform, target)
  const second = await pidOf(endpoint)
  expect(second).not.toBe(first)
  await agent.kill()
  await agent.restart()
  expect(await pidOf(endpoint)).toBe(second)
  process.kill(second, 'SIGKILL')
  await untilState(platform, target, ({ slots }) => (slots.stable?.restarts ?? 0) > 0 && slots.stable?.ready === 1)
  expect(await pidOf(endpoint)).not.toBe(second)
})

test('a process whose pid was not written down yet is found by its mark', async () => {
  const { platform, dir } = agent
  const { target, endpoint } = await deployed(agent)
  const pid = await pidOf(endpoint)
  await agent.kill()
  const [name] = (await readdir(dir, { recursive: true })).filter((path) => path.endsWith('instances.json'))
  const path = join(dir, name ?? '')
  const [instance] = JSON.parse(await readFile(path, 'utf8'))
  delete instance.process.pid
  delete instance.process.startedAt
  await writeFile(path, JSON.stringify([instance]))
  await agent.restart()
  await untilReady(platform, target)
  expect(await pidOf(endpoint)).toBe(pid)
})

test('a write that was cut off in the middle never counts', async () => {
  const { platform, dir } = agent
  const { target } = await deployed(agent)
  const before = await platform.observe(target)
  await agent.kill()
  const [name = ''] = (await readdir(dir, { recursive: true })).filter((path) => path.endsWith('desired.json'))
  await writeFile(join(dir, `${name}.4027341235`), '{"schema":1,"tar')
  await agent.restart()
  expect(await platform.observe(target)).toEqual(before)
  expect((await readdir(dir, { recursive: true })).filter((path) => path.includes('desired.json'))).toEqual([name])
})

test('ended in order it leaves the services running; asked to, it stops them without losing a request', async () => {
  const { platform, dir } = agent
  const { target, endpoint } = await deployed(agent)
  const pid = await pidOf(endpoint)
  process.kill(agent.pid, 'SIGTERM')
  await until(async () => !(await isRunning(agent.pid)))
  expect(await isRunning(pid)).toBe(true)
  await agent.restart()
  expect(await pidOf(endpoint)).toBe(pid)

  const slow = request(`${endpoint}/slow?ms=500`)
  const clients = load(endpoint, 20)
  await until(() => (clients.served['1.0.0'] ?? 0) > 2)
  const running = await startAgent({ dir })
  const stopping = running.stop('stop')
  expect((await slow).statusCode).toBe(200)
  await stopping
  await clients.stop()
  expect([await isRunning(running.pid), await isRunning(pid)]).toEqual([false, false])
  await agent.restart()
  await untilReady(platform, target)
  expect(await versions(endpoint, 1)).toEqual({ '1.0.0': 1 })
})

test('when its folder is removed it stops its services and ends', async () => {
  const { endpoint } = await deployed(agent)
  const pid = await pidOf(endpoint)
  await removeTree(agent.dir)
  await until(async () => !(await isRunning(pid)) && !(await isRunning(agent.pid)))
})

test('its counters are readable as Prometheus text', async () => {
  const { target, release, endpoint } = await deployed(agent)
  await versions(endpoint, 5)
  await request(`${endpoint}/fail`).then(({ body }) => body.dump())
  const token = await readFile(join(agent.dir, 'token'), 'utf8')
  const { body } = await request(`${agent.address}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  const text = await body.text()
  const labels = `service="${target.service}",environment="testing",location="host",release="${release.id}"`
  expect(text).toContain(`tidegate_request_duration_seconds_count{${labels}} 6`)
  expect(text).toContain(`tidegate_request_errors_total{${labels}} 1`)
})

test('what is stored is checked against its digest', async () => {
  const { platform, dir } = agent
  const content = new TextEncoder().encode('content')
  const digest = await platform.store.put(content)
  expect(await platform.store.get(digest)).toEqual(content)
  expect([await platform.store.has(digest), await platform.store.has(`sha256:${'0'.repeat(64)}`)]).toEqual([
    true,
    false,
  ])
  await expect(platform.store.get('../../token')).rejects.toMatchObject({ code: 'artifact.missing' })
  const hex = digest.slice('sha256:'.length)
  const path = join(dir, 'store', hex.slice(0, 2), hex.slice(2))
  await agent.kill()
  await chmod(path, 0o644)
  await writeFile(path, 'Content')
  await agent.restart()
  await expect(platform.store.get(digest)).rejects.toMatchObject({ code: 'artifact.corrupt' })
  await platform.store.put(content)
  expect(await platform.store.get(digest)).toEqual(content)
})
