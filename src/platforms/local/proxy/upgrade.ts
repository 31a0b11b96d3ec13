import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { proxyUpgrade } from 'httpxy'

/** Passes a WebSocket through to an instance; says whether it was accepted. */
export async function upgrade(incoming: IncomingMessage, socket: Socket, head: Buffer, port: number): Promise<boolean> {
  try {
    const upstream = await proxyUpgrade({ host: '127.0.0.1', port }, incoming, socket, head)
    socket.once('close', () => upstream.destroy())
    return true
  } catch {
    // The instance answered otherwise, which httpxy has passed on, or did not answer: then the socket is at its end.
    return false
  }
}
