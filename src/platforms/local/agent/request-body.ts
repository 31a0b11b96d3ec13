import type { IncomingMessage } from 'node:http'
import { TidegateError } from '../../../errors.ts'

/** The largest body that the agent takes, in bytes: an archive of a release. */
const limit = 1 << 30

/** The whole body of a request. @throws `input.too-large` */
export async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) {
      throw new TidegateError('input.too-large', {
        what: 'The archive',
        size: `more than ${limit >> 20} MB`,
        limit: `${limit >> 20} MB`,
        remedy: 'Leave out what the service does not need to run.',
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
