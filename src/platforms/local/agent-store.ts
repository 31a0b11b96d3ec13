import { TidegateError } from '../../errors.ts'
import { digestOf } from '../../store/canonical.ts'
import type { ContentStore } from '../../store/content-store.ts'
import type { AgentClient } from './agent-client.ts'

/** The agent's content store, from outside. What was received is checked against its digest here as well. */
export class AgentStore implements ContentStore {
  readonly #client: AgentClient

  constructor(client: AgentClient) {
    this.#client = client
  }

  async put(content: Uint8Array): Promise<string> {
    const expected = digestOf(content)
    const answer = await this.#client.send({ method: 'PUT', path: '/v1/store', body: content })
    const { digest: actual } = (await answer.body.json()) as { digest: string }
    if (actual !== expected) throw new TidegateError('artifact.corrupt', { artifact: expected, expected, actual })
    return actual
  }

  async get(digest: string): Promise<Uint8Array> {
    const content = await this.#client.bytes(`/v1/store/${encodeURIComponent(digest)}`)
    const actual = digestOf(content)
    if (actual !== digest) throw new TidegateError('artifact.corrupt', { artifact: digest, expected: digest, actual })
    return content
  }

  async has(digest: string): Promise<boolean> {
    const { statusCode, body } = await this.#client.send({
      method: 'HEAD',
      path: `/v1/store/${encodeURIComponent(digest)}`,
    })
    await body.dump()
    if (statusCode === 401) throw new TidegateError('agent.denied')
    return statusCode === 200
  }
}
