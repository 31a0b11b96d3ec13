import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { candidate, deployed, fence, load, versions } from './deployed.ts'
import { isRunning, type LocalAgentUnderTest, localAgent, until, untilReady, untilState } from './local-agent.ts'
import { storeRelease } from './service.ts'

let agent: LocalAgentUnderTest
beforeAll(async () => {
  agent = await localAgent()
})
afterAll(() => agent.dispose())

describe('the split by weight', () => {
  test('is exact over 1,000 requests', async () => {
    const { platform } = agent
    const { target, endpoint } = await deployed(agent)
    await candidate(agent, target)
    for (const share of [10, 50, 1]) {
      await platform.route(target, { weights: { stable: 100 - share, candidate: share } }, fence)
      expect(await versions(endpoint, 1_000)).toEqual({ '1.0.0': 1_000 - 10 * share, '1.1.0': 10 * share })
    }
  })

  test('holds in each hundred of concurrent requests too', async () => {
    const { platform } = agent
    const { target, endpoint } = await deployed(agent, {}, 2)
    await candidate(agent, target)
    await platform.route(target, { weights: { stable: 75, candidate: 25 } }, fence)
    const all = await Promise.all(Array.from({ length: 10 }, () => versions(endpoint, 10)))
    expect(all.reduce((sum, seen) => sum + (seen['1.1.0'] ?? 0), 0)).toBe(25)
  })

  test('keeps a client on its release by cookie, as long as that one has weight', async () => {
    const { platform } = agent
    const { target, endpoint } = await deployed(agent)
    const { release } = await candidate(agent, target)
    await platform.route(target, { weights: { stable: 50, candidate: 50 }, sticky: true }, fence)
    const cookies = new Set<string>()
    for (let i = 0; i < 10; i++) {
      const { headers, body } = await request(endpoint)
      await body.dump()
      cookies.add(String(headers['set-cookie']).split(';')[0] ?? '')
    }
    expect(cookies.size).toBe(2)
    for (const cookie of cookies) {
      expect(Object.keys(await versions(endpoint, 20, { cookie }))).toEqual([cookie.split('=')[1]?.split('-')[0]])
    }
    await platform.route(target, { weights: { stable: 100, candidate: 0 }, sticky: true }, fence)
    expect(await versions(endpoint, 10, { cookie: `tidegate-release=${release.id}` })).toEqual({ '1.0.0': 10 })
  })

  test('is overruled by a matching header or cookie', async () => {
    const { platform } = agent
    const { target, endpoint } = await deployed(agent)
    await candidate(agent, target)
    const matches = [
      { slot: 'candidate' as const, header: { name: 'X-Tester', value: 'yes' } },
      { slot: 'candidate' as const, cookie: { name: 'group', value: 'beta' } },
    ]
    await platform.route(target, { weights: { stable: 100, candidate: 0 }, matches }, fence)
    expect(await versions(endpoint, 10)).toEqual({ '1.0.0': 10 })
    expect(await versions(endpoint, 10, { 'x-tester': 'no', cookie: 'group=alpha' })).toEqual({ '1.0.0': 10 })
    expect(await versions(endpoint, 10, { 'x-tester': 'yes' })).toEqual({ '1.1.0': 10 })
    expect(await versions(endpoint, 10, { cookie: 'a=b; group=beta' })).toEqual({ '1.1.0': 10 })
  })

  test('the preview reaches the candidate only, and is not counted', async () => {
    const { platform } = agent
    const { target } = await deployed(agent)
    const { release, preview } = await candidate(agent, target)
    expect(await versions(preview, 10)).toEqual({ '1.1.0': 10 })
    expect((await platform.traffic?.(target))?.releases[release.id]).toBeUndefined()
    await platform.retire(target, 'candidate', fence)
    await until(async () => (await request(preview)).statusCode === 503)
  })
})

describe('what passes through', () => {
  test('an answer streams: its first part arrives long before its last', async () => {
    const { endpoint } = await deployed(agent)
    const { body } = await request(`${endpoint}/events`)
    const at: number[] = []
    let text = ''
    for await (const chunk of body) {
      at.push(performance.now())
      text += chunk
    }
    expect(text).toBe('data: 0\n\ndata: 1\n\ndata: 2\n\n')
    expect((at.at(-1) ?? 0) - (at[0] ?? 0)).toBeGreaterThan(200)
  })

  test('a large body arrives whole, with a length and in chunks', async () => {
    const { endpoint } = await deployed(agent)
    const body = randomBytes(5 << 20)
    const wanted = createHash('sha256').update(body).digest('hex')
    const plain = await request(endpoint, { method: 'POST', body })
    expect(await plain.body.text()).toBe(wanted)
    const pieces = (function* () {
      for (let at = 0; at < body.length; at += 100_000) yield body.subarray(at, at + 100_000)
    })()
    const chunked = await request(endpoint, { method: 'POST', body: pieces as unknown as Uint8Array })
    expect(await chunked.body.text()).toBe(wanted)
  })

  test('a WebSocket upgrade, both ways', async () => {
    const { endpoint } = await deployed(agent)
    const { socket, head } = await upgraded(endpoint)
    expect(head).toContain('101 Switching Protocols')
    expect(head).toContain('x-version: 1.0.0')
    socket.write('ping')
    const [echo] = (await once(socket, 'data')) as [Buffer]
    expect(echo.toString()).toBe('ping')
    socket.destroy()
  })

  test("the client's address and host, and nothing that concerns one connection only", async () => {
    const { endpoint } = await deployed(agent)
    const headers = { 'x-forwarded-for': '192.0.2.7', connection: 'close, x-mine', 'x-mine': 'yes', host: 'shop.test' }
    const seen = await rawly(endpoint, headers, '/headers')
    expect(JSON.parse(seen.slice(seen.indexOf('{'), seen.lastIndexOf('}') + 1))).toMatchObject({
      host: 'shop.test',
      'x-forwarded-for': '192.0.2.7, 127.0.0.1',
      'x-forwarded-host': 'shop.test',
      'x-forwarded-proto': 'http',
    })
    expect(seen).not.toContain('x-mine')
  })

  test('an upgrade that is not to WebSocket is left out, and its request served', async () => {
    const { endpoint } = await deployed(agent)
    const headers = { host: 'here', connection: 'Upgrade, HTTP2-Settings, close', upgrade: 'h2c' }
    expect(await rawly(endpoint, headers)).toMatch(/^HTTP\/1.1 200 .*1\.0\.0/s)
  })
})

describe('no request is lost', () => {
  test('through a rolling change, a canary, its promotion and a restart, at 200 requests a second', async () => {
    const { platform } = agent
    const { target, endpoint } = await deployed(agent, {}, 2)
    const clients = load(endpoint)
    const two = await storeRelease(platform.store, '1.1.0')
    await platform.prepare(target, two, fence)
    await platform.apply(target, 'stable', { release: two, scale: 'keep' }, fence)
    await untilReady(platform, target)
    await candidate(agent, target, '1.2.0')
    for (const share of [10, 50, 100]) {
      await platform.route(target, { weights: { stable: 100 - share, candidate: share } }, fence)
      await wait(200)
    }
    await platform.promote(target, fence)
    await platform.apply(target, 'stable', { release: two, scale: 'keep', restart: 'now' }, fence)
    await untilReady(platform, target)
    const { served, failures, sent } = await clients.stop()
    expect(failures).toEqual([])
    expect(Object.values(served).reduce((a, b) => a + b)).toBe(sent)
    expect(Object.keys(served).toSorted()).toEqual(['1.0.0', '1.1.0', '1.2.0'])
  })

  test('a slow request ends before its instance is stopped', async () => {
    const { platform } = agent
    const { target, endpoint } = await deployed(agent)
    const slow = request(`${endpoint}/slow?ms=1200`)
    await wait(100)
    await candidate(agent, target)
    await platform.promote(target, fence)
    expect(await versions(endpoint, 10)).toEqual({ '1.1.0': 10 })
    const { statusCode, headers, body } = await slow
    expect([statusCode, await body.text()]).toEqual([200, '1.0.0'])
    const pid = Number(headers['x-pid'])
    await until(async () => !(await isRunning(pid)))
  })

  test('an instance that dies takes no later request with it', async () => {
    const { platform } = agent
    const { target, endpoint } = await deployed(agent, {}, 2)
    const { headers } = await request(endpoint)
    const clients = load(endpoint)
    await wait(100)
    process.kill(Number(headers['x-pid']), 'SIGKILL')
    await untilState(platform, target, ({ slots }) => (slots.stable?.restarts ?? 0) > 0 && slots.stable?.ready === 2)
    expect((await clients.stop()).failures).toEqual([])
  })

  test('where nobody is ready the answer says so, and it counts as an error', async () => {
    const { platform } = agent
    const { target, release, endpoint } = await deployed(agent)
    await request(`${endpoint}/unwell`).then(({ body }) => body.dump())
    await untilState(platform, target, ({ slots }) => slots.stable?.ready === 0)
    const { statusCode, body } = await request(endpoint)
    expect([statusCode, await body.json()]).toEqual([503, { error: 'no instance is ready' }])
    expect((await platform.traffic?.(target))?.releases[release.id]?.errors).toBe(1)
  })
})

async function upgraded(endpoint: string) {
  const { hostname, port } = new URL(endpoint)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.write('GET / HTTP/1.1\r\nhost: here\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
  const [head] = (await once(socket, 'data')) as [Buffer]
  return { socket, head: head.toString() }
}

/** An answer as it came, to a request whose headers no client library would send. */
async function rawly(endpoint: string, headers: Record<string, string>, path = '/'): Promise<string> {
  const { hostname, port } = new URL(endpoint)
  const socket = connect({ host: hostname, port: Number(port) })
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}
