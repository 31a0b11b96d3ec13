import { Agent, type Dispatcher, request } from 'undici'
import { type ErrorBody, isErrorCode, TidegateError } from '../../errors.ts'
import { type Place, readPlace } from './agent/place.ts'

export interface AgentRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT'
  path: string
  body?: string | Uint8Array
  signal?: AbortSignal
}

type Answer = Dispatcher.ResponseData

/** Requests to the agent of a state directory. Tries nothing again by itself: callers have a policy for that. */
export class AgentClient {
  readonly #dir: string
  // Watches are silent for as long as nothing changes.
  readonly #dispatcher = new Agent({ bodyTimeout: 0, headersTimeout: 0, keepAliveTimeout: 10_000 })
  #place: Place | null = null

  constructor(dir: string) {
    this.#dir = dir
  }

  /** @throws `agent.unreachable`, `agent.denied`, or what the agent refused it with */
  async send({ method, path, body, signal }: AgentRequest): Promise<Answer> {
    const place = await this.#find()
    let answer: Answer
    try {
      answer = await request(`${place.address}${path}`, {
        method,
        body,
        signal,
        headers: { authorization: `Bearer ${place.token}` },
        dispatcher: this.#dispatcher,
      })
    } catch (cause) {
      signal?.throwIfAborted()
      this.#place = null
      throw unreachable(place.address, cause)
    }
    if (answer.statusCode < 400 || method === 'HEAD') return answer
    this.#place = null
    throw await refusal(answer)
  }

  async json<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await this.send({ method: 'POST', path, signal, ...sent })
    return this.#read(() => answer.body.json() as Promise<T>)
  }

  async bytes(path: string): Promise<Uint8Array> {
    const answer = await this.send({ method: 'GET', path })
    return this.#read(() => answer.body.bytes())
  }

  /** The answer's lines of JSON as they come; ends quietly when the signal aborts. */
  async *lines<T>(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<T> {
    try {
      const answer = await this.send({ method: 'POST', path, body: JSON.stringify(body), signal })
      let rest = ''
      for await (const chunk of answer.body.setEncoding('utf8') as AsyncIterable<string>) {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) yield JSON.parse(line) as T
      }
    } catch (error) {
      if (signal.aborted) return
      throw error instanceof TidegateError ? error : unreachable(this.#place?.address ?? this.#dir, error)
    }
  }

  async #find(): Promise<Place> {
    this.#place ??= await readPlace(this.#dir)
    if (this.#place) return this.#place
    throw unreachable(this.#dir, undefined)
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (cause) {
      throw unreachable(this.#place?.address ?? this.#dir, cause)
    }
  }
}

const unreachable = (address: string, cause: unknown) => new TidegateError('agent.unreachable', { address }, { cause })

async function refusal({ statusCode, body }: Answer): Promise<TidegateError> {
  const text = await body.text().catch(() => '')
  try {
    const { code, facts } = JSON.parse(text) as ErrorBody
    if (isErrorCode(code)) return new TidegateError(code, facts)
  } catch {
    // Not an answer of an agent: told as it is.
  }
  return new TidegateError('bug', { detail: `the agent answered ${statusCode}: ${text.slice(0, 200)}` })
}
