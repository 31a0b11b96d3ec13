import { connect } from 'node:net'
import { redacted } from '../outside/redact.ts'
import { runCommand } from '../outside/run-command.ts'
import type { Check, CheckAction } from '../spec/model.ts'

/** Where the checked service is reached. `endpoint` goes first. */
export interface CheckPlace {
  endpoint?: string
  preview?: string
}

export interface Attempt {
  ok: boolean
  /** One line for people, without secrets. */
  detail: string
}

/** Most of a body that is looked at for `expectBody` (bytes). */
const readBody = 1024 * 1024

/** One try of a check, within its time-out. Whatever goes wrong is an answer; only the signal's abort throws. */
export async function attempt(check: Check, at: CheckPlace, signal?: AbortSignal): Promise<Attempt> {
  const limit = AbortSignal.timeout(check.timeoutMs)
  const within = AbortSignal.any(signal ? [limit, signal] : [limit])
  try {
    return await act(check, at, within, signal)
  } catch (error) {
    signal?.throwIfAborted()
    const detail = limit.aborted ? `no answer within ${check.timeoutMs / 1000} s` : redacted(reason(error))
    return { ok: false, detail }
  }
}

function act(
  { action, timeoutMs }: Check,
  at: CheckPlace,
  within: AbortSignal,
  signal?: AbortSignal,
): Promise<Attempt> {
  switch (action.kind) {
    case 'http':
      return http(action, at, within)
    case 'tcp':
      return tcp(action, at, within)
    case 'command': {
      const env = {
        ...(at.endpoint !== undefined && { TIDEGATE_ENDPOINT: at.endpoint }),
        ...(at.preview !== undefined && { TIDEGATE_PREVIEW: at.preview }),
      }
      return runCommand(action.command, { timeoutMs, env, signal })
    }
  }
}

type Http = Extract<CheckAction, { kind: 'http' }>
type Tcp = Extract<CheckAction, { kind: 'tcp' }>

const nowhere = { ok: false, detail: 'it is not known where the service is reached' }

async function http(action: Http, at: CheckPlace, signal: AbortSignal): Promise<Attempt> {
  const base = at.endpoint ?? at.preview
  const url = action.url ?? (base === undefined ? undefined : new URL(action.path ?? '/', base).href)
  if (url === undefined) return nowhere
  const response = await fetch(url, { method: action.method, redirect: 'manual', signal })
  const said = `${action.method} ${redacted(url)} answered ${response.status}`
  if (!action.expectStatus.includes(response.status)) {
    await response.body?.cancel()
    return { ok: false, detail: `${said}, expected ${statuses(action.expectStatus)}` }
  }
  if (action.expectBody === undefined) {
    await response.body?.cancel()
    return { ok: true, detail: said }
  }
  const found = (await beginning(response)).includes(action.expectBody)
  return { ok: found, detail: found ? said : `${said}, but its body does not contain what is expected` }
}

async function beginning(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= readBody) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function tcp(action: Tcp, at: CheckPlace, signal: AbortSignal): Promise<Attempt> {
  const base = at.endpoint ?? at.preview
  const url = base === undefined ? null : new URL(base)
  const host = action.host ?? url?.hostname.replace(/^\[|\]$/g, '') ?? '127.0.0.1'
  const port = action.port ?? (url ? Number(url.port || (url.protocol === 'https:' ? 443 : 80)) : undefined)
  if (port === undefined) return nowhere
  const socket = connect({ host, port, signal })
  try {
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return { ok: true, detail: `${host}:${port} accepts connections` }
  } finally {
    socket.destroy()
  }
}

/** `200 to 206`, `200`, `301, 302`. */
function statuses(list: readonly number[]): string {
  const [first = 0, last = 0] = [list[0], list.at(-1)]
  const run = list.length > 2 && list.every((status, i) => status === first + i)
  return run ? `${first} to ${last}` : list.join(', ')
}

/** The innermost cause: fetch wraps what really happened. */
function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  if (cause.message !== '') return cause.message
  return 'code' in cause ? String(cause.code) : cause.name
}
