import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { z } from 'zod'
import { TidegateError } from '../../../errors.ts'
import type { LocalAgent } from './agent.ts'
import { type Call, callSchemas, type Verb } from './calls.ts'
import { followLogs } from './follow-logs.ts'
import { bodyOf } from './request-body.ts'

export interface ApiOptions {
  agent: LocalAgent
  token: string
  log: Logger
  /** Asked over the API to end; `services: 'stop'` when the services should end too. */
  shutDown: (services: 'leave' | 'stop') => void
}

/** The agent's control API: HTTP on loopback, every request with the token. */
export function createApi(options: ApiOptions): Server {
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 })
  server.on('request', (request, response) => {
    serve(options, request, response).catch((error: unknown) => answerError(options, response, error))
  })
  return server
}

async function serve(options: ApiOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!authorized(request, options.token)) throw new TidegateError('agent.denied')
  const { agent } = options
  if (request.url !== '/v1/hello') await agent.opened
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://agent')
  const [, version, area = '', digest] = pathname.split('/').map(decodeURIComponent)
  const route = `${request.method} ${version === 'v1' ? area : pathname}`
  switch (route) {
    case 'GET hello':
      return answer(response, { pid: process.pid, ready: agent.isOpen })
    case 'GET /metrics':
      response.setHeader('content-type', agent.traffic.registry.contentType)
      response.end(await agent.traffic.registry.metrics())
      return
    case 'PUT store':
      return answer(response, { digest: await agent.store.put(await bodyOf(request)) })
    case 'GET store':
      response.setHeader('content-type', 'application/octet-stream')
      response.end(await agent.store.get(digest ?? ''))
      return
    case 'HEAD store':
      response.writeHead((await agent.store.has(digest ?? '')) ? 200 : 404).end()
      return
    case 'POST shutdown':
      answer(response, {})
      options.shutDown(searchParams.get('services') === 'stop' ? 'stop' : 'leave')
      return
    case 'POST watch':
      return watch(options, request, response)
    case 'POST logs':
      return logs(options, request, response)
  }
  if (request.method !== 'POST' || !(area in callSchemas)) throw notFound(route)
  const call: Call = parse<Call>(callSchemas[area as Verb], { ...(await jsonOf(request)), verb: area })
  answer(response, (await carryOut(agent, call)) ?? {})
}

async function carryOut(agent: LocalAgent, call: Call): Promise<unknown> {
  switch (call.verb) {
    case 'logs':
      return
    case 'targets':
      return agent.targets()
    case 'observe':
      return agent.observe(call.target)
    case 'traffic':
      return agent.traffic.report(call.target)
    case 'claim':
      return (await agent.target(call.target)).claim(call.claim)
  }
  const target = await agent.claimed(call.target, call.fence)
  switch (call.verb) {
    case 'prepare':
      return target.prepare(call.release, call.fence)
    case 'apply':
      return target.apply(call.slot, call.goal, call.fence)
    case 'route':
      return target.route(call.routing, call.fence)
    case 'promote':
      return target.promote(call.fence)
    case 'retire':
      return target.retire(call.what, call.fence)
  }
}

/** Lines of JSON: the state now, and again after each change. A reader that is slow misses states, never the last. */
async function watch({ agent }: ApiOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { target } = parse(callSchemas.observe, { ...(await jsonOf(request)), verb: 'observe' })
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.setHeader('content-type', 'application/x-ndjson')
  let last = ''
  for await (const _ of agent.changes(target, gone.signal)) {
    const state = `${JSON.stringify(await agent.observe(target))}\n`
    if (state === last) continue
    last = state
    if (!response.write(state)) await once(response, 'drain', { signal: gone.signal })
  }
}

async function logs({ agent }: ApiOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { target, query } = parse(callSchemas.logs, { ...(await jsonOf(request)), verb: 'logs' })
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.setHeader('content-type', 'application/x-ndjson')
  response.flushHeaders()
  const known = await agent.known(target)
  if (known) {
    for await (const line of followLogs(known, query, gone.signal)) {
      if (!response.write(`${JSON.stringify(line)}\n`)) await once(response, 'drain', { signal: gone.signal })
    }
  }
  response.end()
}

function authorized({ headers }: IncomingMessage, token: string): boolean {
  const given = Buffer.from(headers.authorization ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

async function jsonOf(request: IncomingMessage): Promise<object> {
  const text = new TextDecoder().decode(await bodyOf(request))
  try {
    return JSON.parse(text || '{}') as object
  } catch (cause) {
    throw new TidegateError('input.invalid', { detail: 'the body is not JSON', remedy: 'Send JSON.' }, { cause })
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new TidegateError('input.invalid', {
    detail: z.prettifyError(parsed.error),
    remedy: 'Use the client of the same version as the agent.',
  })
}

const notFound = (route: string) =>
  new TidegateError('input.invalid', { detail: `the agent does not know ${route}`, remedy: 'See its API.' })

function answer(response: ServerResponse, body: unknown): void {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(body))
}

/** What the operating system refuses (no room, too many files) passes; anything else is a bug of ours. */
function unexpected(error: unknown): TidegateError {
  const { code, message } = error as NodeJS.ErrnoException
  if (!(error instanceof Error) || typeof code !== 'string') return new TidegateError('bug', { detail: String(error) })
  return new TidegateError('agent.failing', { detail: message }, { cause: error })
}

function answerError({ log }: ApiOptions, response: ServerResponse, error: unknown): void {
  if (response.destroyed) return
  const known = error instanceof TidegateError ? error : unexpected(error)
  if (known.code === 'bug') log.error(error, 'a request failed')
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.statusCode = known.row.http
  // What is left of a body that was not read would be taken for the next request.
  response.setHeader('connection', 'close')
  answer(response, known.toJSON())
}
