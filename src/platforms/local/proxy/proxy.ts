import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Slot } from '../../port.ts'
import { cookieOf, slotsFor, stickyCookie, Turns, type Upstream, type View } from './choose.ts'
import { forward } from './forward.ts'
import { upgrade } from './upgrade.ts'

export interface ProxyOptions {
  view: () => View
  /** The preview reaches the candidate only, and isn't counted: checks are not traffic. */
  only?: Slot
  /** One request is over. `milliseconds` until the answer was complete. */
  count?: (release: string, milliseconds: number, failed: boolean) => void
}

/** One listening port of a target: takes HTTP/1.1 and WebSocket, and gives each request to an instance. */
export class TargetProxy {
  readonly #options: ProxyOptions
  readonly #turns = new Turns()
  readonly #server: Server
  readonly #upgraded = new Set<Socket>()

  constructor(options: ProxyOptions) {
    this.#options = options
    // Uploads may take as long as they take; idle clients are kept longer than usual load balancers keep them.
    this.#server = createServer({ requestTimeout: 0, keepAliveTimeout: 75_000, shouldUpgradeCallback: isWebSocket })
    this.#server.on('request', (incoming, answer) => void this.#serve(incoming, answer))
    this.#server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
      // Node takes its own listener off an upgraded socket: a client that resets must not end the agent.
      socket.on('error', () => socket.destroy())
      this.#upgraded.add(socket)
      socket.once('close', () => this.#upgraded.delete(socket))
      void this.#upgrade(incoming, socket, head)
    })
  }

  /** @throws when the port is taken */
  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    for (const socket of this.#upgraded) socket.destroy()
    await closed
  }

  async #serve(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const began = performance.now()
    const slots = this.#slots(incoming)
    const tried = new Set<Upstream>()
    let last: Upstream | null = null
    for (;;) {
      const upstream = this.#pick(slots, tried)
      if (upstream === null) break
      last = upstream
      tried.add(upstream)
      upstream.enter()
      const extra = { request: forwarded(incoming), response: this.#keep(incoming, upstream) }
      const outcome = await forward(incoming, answer, upstream, extra).finally(() => upstream.leave())
      if (outcome.kind === 'retry') continue
      if (outcome.kind === 'failed') refuse(answer, 502, `${upstream.release.id} gave no answer: ${outcome.why}`)
      const failed = outcome.kind === 'answered' ? outcome.status >= 500 : outcome.kind !== 'client-gone'
      this.#options.count?.(upstream.release.id, performance.now() - began, failed)
      return
    }
    refuse(answer, 503, 'no instance is ready')
    const release = last?.release ?? this.#options.view().slots[slots[0] ?? 'stable']?.release
    if (release) this.#options.count?.(release.id, performance.now() - began, true)
  }

  async #upgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const began = performance.now()
    // Only a Node without `shouldUpgradeCallback` (24.9) brings another upgrade here.
    if (!isWebSocket(incoming)) {
      socket.end('HTTP/1.1 501 Not Implemented\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      return
    }
    const upstream = this.#pick(this.#slots(incoming), new Set())
    if (upstream === null) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      return
    }
    upstream.enter()
    socket.once('close', () => upstream.leave())
    const well = await upgrade(incoming, socket, head, upstream.port)
    this.#options.count?.(upstream.release.id, performance.now() - began, !well)
  }

  #slots(incoming: IncomingMessage): Slot[] {
    return this.#options.only ? [this.#options.only] : slotsFor(this.#options.view(), incoming.headers, this.#turns)
  }

  #pick(slots: Slot[], tried: ReadonlySet<Upstream>): Upstream | null {
    const view = this.#options.view()
    for (const slot of slots) {
      const found = this.#turns.instance(view.slots[slot]?.instances ?? [], tried)
      if (found) return found
    }
    return null
  }

  #keep(incoming: IncomingMessage, { release }: Upstream): string[] {
    const { routing } = this.#options.view()
    if (!routing.sticky || this.#options.only || cookieOf(incoming.headers, stickyCookie) === release.id) return []
    return ['Set-Cookie', `${stickyCookie}=${release.id}; Path=/; HttpOnly; SameSite=Lax`]
  }
}

/** Any other upgrade that a client offers (h2c) is not taken, and its request served as it is. */
const isWebSocket = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket'

function forwarded({ headers, socket }: IncomingMessage): string[] {
  const before = headers['x-forwarded-for']
  const client = socket.remoteAddress ?? ''
  const added = ['X-Forwarded-For', before === undefined ? client : `${before}, ${client}`]
  if (!headers['x-forwarded-proto']) added.push('X-Forwarded-Proto', 'http')
  if (!headers['x-forwarded-host'] && headers.host) added.push('X-Forwarded-Host', headers.host)
  return added
}

function refuse(answer: ServerResponse, status: 502 | 503, error: string): void {
  if (answer.headersSent || answer.destroyed) return
  // What is left of the request's body is not read any more, so the connection can't be used again.
  answer.writeHead(status, { 'content-type': 'application/json', 'retry-after': '1', connection: 'close' })
  answer.end(`${JSON.stringify({ error })}\n`)
}
