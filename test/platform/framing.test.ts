import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, it } from 'vitest'
import { hopByHop } from '../../src/platforms/local/proxy/headers.ts'
import { TargetProxy } from '../../src/platforms/local/proxy/proxy.ts'

it('a client cannot take the framing of its body off by naming it in Connection', () => {
  const raw = [
    'Connection',
    'keep-alive, Content-Length, transfer-encoding, host, x-own',
    'Content-Length',
    '5',
    'Host',
    'shop',
    'X-Own',
    '1',
  ]
  expect(hopByHop(raw, { keepLength: true })).toEqual(['Content-Length', '5', 'Host', 'shop'])
})

it('a client that resets its refused upgrade harms nobody else', async () => {
  const nobody = { routing: { weights: { stable: 100, candidate: 0 } }, slots: { stable: null, candidate: null } }
  const proxy = new TargetProxy({ view: () => nobody })
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  await new Promise((resolve) => free.close(resolve))
  await proxy.listen(port)
  try {
    for (let i = 0; i < 20; i++) {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write(
        'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n\r\n',
      )
      socket.resetAndDestroy()
    }
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503)
  } finally {
    await proxy.close()
  }
})
