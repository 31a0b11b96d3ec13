/**
 * One request to one instance. On node:http and not on a library (httpxy, undici): a request may be tried on another
 * instance only as long as nothing of it was sent, and only node's own client tells that apart (its socket's
 * `connect`, `reusedSocket`); it also passes headers in their raw order and costs no copy of the body.
 */

import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Upstream } from './choose.ts'
import { hopByHop } from './headers.ts'

export type Outcome =
  /** Answered to the end. */
  | { kind: 'answered'; status: number }
  /** Nothing reached the instance, or nothing that may not be repeated: another one can be asked. */
  | { kind: 'retry'; why: string }
  /** No answer, and it can't be asked again. */
  | { kind: 'failed'; why: string }
  /** The answer broke off. */
  | { kind: 'broken' }
  | { kind: 'client-gone' }

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

export function forward(
  incoming: IncomingMessage,
  answer: ServerResponse,
  upstream: Upstream,
  extra: { request: string[]; response: string[] },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const hasBody = 'transfer-encoding' in incoming.headers || Number(incoming.headers['content-length'] ?? 0) > 0
    const repeatable = !hasBody && idempotent.has(incoming.method ?? '')
    let connected = false
    let answered = false

    const outgoing = request({
      host: '127.0.0.1',
      port: upstream.port,
      method: incoming.method,
      path: incoming.url,
      headers: [...hopByHop(incoming.rawHeaders, { keepLength: true, without: ['x-forwarded-for'] }), ...extra.request],
      agent: upstream.connections,
    })

    const gone = () => {
      if (answer.writableFinished) return
      outgoing.destroy()
      resolve({ kind: 'client-gone' })
    }
    answer.once('close', gone)
    const done = (outcome: Outcome) => {
      answer.off('close', gone)
      resolve(outcome)
    }

    // The body is touched only once there is a connection, so that a refused one leaves it whole for the next.
    outgoing.once('socket', (socket) => {
      const send = () => {
        connected = true
        if (hasBody) incoming.pipe(outgoing)
        else outgoing.end()
      }
      if (socket.connecting) socket.once('connect', send)
      else send()
    })

    outgoing.on('error', (error) => {
      incoming.unpipe(outgoing)
      if (answer.destroyed && !answer.writableFinished) return
      if (answered) {
        answer.destroy()
        done({ kind: 'broken' })
      } else done({ kind: !connected || repeatable ? 'retry' : 'failed', why: error.message })
    })

    outgoing.on('response', (response) => {
      answered = true
      const status = response.statusCode ?? 502
      answer.writeHead(status, response.statusMessage, [...hopByHop(response.rawHeaders), ...extra.response])
      // A stream of events may send its first byte much later than its headers.
      if (!('content-length' in response.headers)) answer.flushHeaders()
      response.pipe(answer)
      response.once('error', () => {
        answer.destroy()
        done({ kind: 'broken' })
      })
      answer.once('finish', () => done({ kind: 'answered', status }))
    })
  })
}
