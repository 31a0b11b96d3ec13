import { redacted } from '../outside/redact.ts'
import { readReference } from '../outside/reference.ts'
import { runCommand } from '../outside/run-command.ts'
import type { Hook } from '../spec/model.ts'
import { digestOf } from '../store/canonical.ts'

/** What a hook is told: JSON body of an HTTP hook, `TIDEGATE_…` variables of a command. */
export interface HookContext {
  deployment: string
  service: string
  environment: string
  location: string
  version: string
  /** Version that it replaces, where there is one. */
  previous?: string
  stage: string
  status: string
  idempotencyKey: string
}

export interface HookResult {
  ok: boolean
  /** One line for people, without secrets. */
  detail: string
  /** It may have run, but its answer was lost: a time-out, or a connection that broke after it was asked. */
  unknown?: boolean
}

/** One key per deployment and hook: a repetition after a crash has the same one, another deployment another. */
export function idempotencyKey(deployment: string, hookName: string): string {
  return digestOf(JSON.stringify([deployment, hookName])).slice('sha256:'.length, 'sha256:'.length + 32)
}

/**
 * Runs a hook once, within its time-out.
 * @throws the signal's reason when that aborts
 */
export async function runHook(hook: Hook, context: HookContext, signal?: AbortSignal): Promise<HookResult> {
  signal?.throwIfAborted()
  if (hook.action.kind === 'http') return post(hook.action, hook.timeoutMs, context, signal)
  const result = await runCommand(hook.action.command, { timeoutMs: hook.timeoutMs, env: variables(context), signal })
  return { ok: result.ok, detail: result.detail, ...(result.timedOut && { unknown: true }) }
}

/** `{ idempotencyKey }` → `TIDEGATE_IDEMPOTENCY_KEY`. */
function variables(context: HookContext): Record<string, string> {
  const entries = Object.entries(context).filter(([, value]) => value !== undefined)
  const variable = (name: string) => `TIDEGATE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
  return Object.fromEntries(entries.map(([name, value]) => [variable(name), String(value)]))
}

type Http = Extract<Hook['action'], { kind: 'http' }>

async function post(action: Http, timeoutMs: number, context: HookContext, signal?: AbortSignal): Promise<HookResult> {
  const limit = AbortSignal.timeout(timeoutMs)
  const headers: Record<string, string> = {}
  const secrets: string[] = []
  for (const [name, value] of Object.entries(action.headers)) {
    const read = await readReference(value, `The header ${name}`)
    if (read.secret) secrets.push(read.value, ...read.value.split(/\s+/))
    headers[name] = read.value
  }
  const withBody = action.method !== 'GET' && action.method !== 'HEAD'
  const where = `${action.method} ${redacted(action.url)}`
  try {
    const response = await fetch(action.url, {
      method: action.method,
      headers: {
        ...(withBody && { 'content-type': 'application/json' }),
        ...headers,
        'idempotency-key': context.idempotencyKey,
      },
      ...(withBody && { body: JSON.stringify(context) }),
      redirect: 'manual',
      signal: AbortSignal.any(signal ? [limit, signal] : [limit]),
    })
    await response.body?.cancel()
    return { ok: response.ok, detail: redacted(`${where} answered ${response.status}`, secrets) }
  } catch (error) {
    signal?.throwIfAborted()
    if (limit.aborted) return { ok: false, unknown: true, detail: `${where}: no answer within ${timeoutMs / 1000} s` }
    const cause = (error instanceof Error ? (error.cause ?? error) : error) as { code?: string; message?: string }
    const unreached = cause.code !== undefined && neverSent.has(cause.code)
    const detail = redacted(`${where}: ${cause.message || cause.code || String(error)}`, secrets)
    return { ok: false, detail, ...(!unreached && { unknown: true }) }
  }
}

/** Causes that prove that the request never reached anyone. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
