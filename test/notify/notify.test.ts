import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { formatNotice, isFor, type Notice, notifyAll } from '../../src/notify/notify.ts'
import { type Served, serve } from '../outside/serve.ts'

let server: Served
beforeAll(async () => {
  server = await serve(({ url }, response) => {
    response.statusCode = url === '/broken' ? 500 : 200
    response.end('ok')
  })
})
afterAll(() => server.close())
afterEach(() => vi.unstubAllEnvs())

const notice = (changes: Partial<Notice> = {}): Notice => ({
  event: 'ended',
  deployment: 'deployment/production/host/shop/3',
  service: 'shop',
  environment: 'production',
  version: '1.2.0',
  status: 'rolled_back',
  text: 'errors 5.2 % <on 1.2.0> & more',
  ...changes,
})

test.each<[Partial<Notice>, string[], boolean]>([
  [{ status: 'rolled_back' }, ['active', 'rolled_back'], true],
  [{ status: 'rolled_back' }, ['active'], false],
  [{ event: 'waiting', status: 'executing' }, ['awaiting_approval'], true],
  [{ event: 'waiting', status: 'executing' }, ['executing'], false],
  [{ event: 'blocked', status: 'rollback_blocked' }, ['rollback_blocked'], true],
  [{ event: 'started', status: 'pending' }, ['pending'], true],
])('%o is for those who asked for %o: %s', (changes, events, expected) => {
  expect(isFor(notice(changes), events)).toBe(expected)
})

test('a webhook gets the notice as it is', () => {
  expect(formatNotice('webhook', notice())).toEqual(notice())
})

test('Slack gets a text and blocks, in which nothing is taken for markup', () => {
  expect(formatNotice('slack', notice())).toEqual({
    text: 'shop 1.2.0 in production: errors 5.2 % <on 1.2.0> & more',
    blocks: [
      {
        type: 'section',
        text: { type: 'mrkdwn', text: ':x: *shop 1.2.0* in production: errors 5.2 % &lt;on 1.2.0&gt; &amp; more' },
      },
      { type: 'context', elements: [{ type: 'mrkdwn', text: 'rolled_back · `deployment/production/host/shop/3`' }] },
    ],
  })
})

test.each<[Partial<Notice>, string]>([
  [{ event: 'started' }, ':arrow_forward:'],
  [{ event: 'waiting' }, ':raised_hand:'],
  [{ event: 'rolling-back' }, ':leftwards_arrow_with_hook:'],
  [{ event: 'blocked' }, ':rotating_light:'],
  [{ event: 'ended', status: 'active' }, ':white_check_mark:'],
  [{ event: 'ended', status: 'failed' }, ':x:'],
])('%o is marked %s', (changes, sign) => {
  expect(JSON.stringify(formatNotice('slack', notice(changes)))).toContain(sign)
})

test('everyone who asked for it is told, and an address by reference is in no detail', async () => {
  vi.stubEnv('TEST_SLACK_WEBHOOK', `${server.url}/services/secret-part`)
  server.received.length = 0
  const events = ['rolled_back']
  const deliveries = await notifyAll(
    [
      { kind: 'slack', url: 'env:TEST_SLACK_WEBHOOK', events },
      { kind: 'webhook', url: `${server.url}/hook`, events },
      { kind: 'webhook', url: `${server.url}/other`, events: ['active'] },
      { kind: 'webhook', url: `${server.url}/broken`, events },
      { kind: 'webhook', url: 'env:TEST_NOT_SET', events },
    ],
    notice(),
  )
  expect(deliveries.map(({ ok }) => ok)).toEqual([true, true, false, false])
  expect(deliveries[2]?.detail).toBe('answered 500')
  expect(JSON.stringify(deliveries)).not.toContain('secret-part')
  expect(server.received.map(({ url }) => url).sort()).toEqual(['/broken', '/hook', '/services/secret-part'])
  expect(JSON.parse(server.received.find(({ url }) => url === '/hook')?.body ?? '')).toEqual(notice())
})

test('nobody there is an answer, never an error', async () => {
  const gone = await serve(() => {})
  await gone.close()
  const [delivery] = await notifyAll(
    [{ kind: 'slack', url: `${gone.url}/secret-part`, events: ['rolled_back'] }],
    notice(),
  )
  expect(delivery).toMatchObject({ ok: false })
  expect(delivery?.detail).not.toContain('secret-part')
})
