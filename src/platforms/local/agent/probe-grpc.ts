import { once } from 'node:events'
import { connect } from 'node:http2'

const serving = 1

/**
 * `grpc.health.v1.Health/Check` over cleartext HTTP/2: the message is one string (field 1), the answer one enum
 * (field 1), each in a frame of one byte (not compressed) and four of length. (grpc.io, "gRPC over HTTP2".)
 * @returns null when it answers SERVING, else why not
 */
export async function grpcHealth(port: number, service: string, signal: AbortSignal): Promise<string | null> {
  const session = connect(`http://127.0.0.1:${port}`)
  // An error of the session ends the stream with one as well, which is the one that is reported.
  session.on('error', () => {})
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.end(frame(service))
    await once(stream, 'end', { signal })
    const answer = Buffer.concat(chunks)
    return answer[5] === 0x08 && answer[6] === serving ? null : 'the health service does not answer SERVING'
  } finally {
    session.destroy()
  }
}

function frame(service: string): Buffer {
  const name = Buffer.from(service)
  if (name.length > 127) throw new Error(`the name of the gRPC service is longer than 127 bytes: ${service}`)
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}
