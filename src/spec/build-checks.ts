/** Checks and hooks in the model's form. Pure. */
import { commandOf } from './build-workload.ts'
import { checkDefaults, hookTimeout } from './defaults.ts'
import { parseDuration } from './duration.ts'
import type { Check, CheckAction, CheckPhase, Hook } from './model.ts'
import { checkPhases, tcpPattern } from './schema-checks.ts'

type Said = Readonly<Record<string, unknown>>

/** Answers that are well unless told otherwise: the successes that HTTP defines. */
const wellStatuses = [200, 201, 202, 203, 204, 205, 206] as const

/** `when`: the phases of those that name none. */
export function buildChecks(list: readonly unknown[], when: readonly CheckPhase[] = checkPhases): Check[] {
  const checks = list.map((item): Check => {
    const said: Said = typeof item === 'string' ? { http: item } : (item as Said)
    const action = checkAction(said)
    return {
      name: (said.name as string | undefined) ?? nameOf(action),
      when: [...((said.when as CheckPhase[] | undefined) ?? when)],
      action,
      timeoutMs: ms(said.timeout ?? checkDefaults.timeout),
      retries: (said.retries as number | undefined) ?? checkDefaults.retries,
      retryDelayMs: ms(said.retryDelay ?? checkDefaults.retryDelay),
    }
  })
  return withOwnNames(checks)
}

export function buildHooks(list: readonly unknown[]): Hook[] {
  const hooks = list.map((item): Hook => {
    const said = item as Said
    return {
      name: (said.name as string | undefined) ?? String(said.at),
      at: said.at as Hook['at'],
      action: hookAction(said),
      timeoutMs: ms(said.timeout ?? hookTimeout),
      onFailure: (said.onFailure as Hook['onFailure'] | undefined) ?? 'fail',
      once: said.once === true,
      ...(said.irreversible === true && { irreversible: true }),
    }
  })
  return withOwnNames(hooks)
}

function checkAction(said: Said): CheckAction {
  if (said.command !== undefined) return { kind: 'command', command: commandOf(said.command) }
  if (said.tcp !== undefined) return { kind: 'tcp', ...address(said.tcp) }
  const full = (typeof said.http === 'string' ? { path: said.http } : said.http) as Said
  const target = String(full.path)
  const status = full.status
  return {
    kind: 'http',
    ...(target.startsWith('/') ? { path: target } : { url: target }),
    method: (full.method as string | undefined) ?? 'GET',
    expectStatus: status === undefined ? [...wellStatuses] : Array.isArray(status) ? status : [status as number],
    ...(typeof full.body === 'string' && { expectBody: full.body }),
  }
}

function address(value: unknown): { host?: string; port?: number } {
  if (value === true) return {}
  if (typeof value === 'object') return value as { host?: string; port?: number }
  const [, host, port] = tcpPattern.exec(String(value)) ?? []
  return { ...(host !== undefined && { host: host.replace(/^\[|\]$/g, '') }), port: Number(port) }
}

function hookAction(said: Said): Hook['action'] {
  if (said.command !== undefined) return { kind: 'command', command: commandOf(said.command) }
  const full = (typeof said.http === 'string' ? { url: said.http } : said.http) as Said
  return {
    kind: 'http',
    url: String(full.url),
    method: (full.method as string | undefined) ?? 'POST',
    headers: { ...(full.headers as Record<string, string> | undefined) },
  }
}

function nameOf(action: CheckAction): string {
  if (action.kind === 'http') return `http ${action.path ?? action.url}`.slice(0, 63)
  if (action.kind === 'tcp')
    return `tcp ${[action.host, action.port].filter((part) => part !== undefined).join(':')}`.trim()
  return action.command.join(' ').slice(0, 63)
}

/** Names tell results apart: a second of the same name gets a number. */
function withOwnNames<T extends { name: string }>(items: readonly T[]): T[] {
  const taken = new Set<string>()
  return items.map((item) => {
    let name = item.name
    for (let number = 2; taken.has(name); number++) name = `${item.name} (${number})`
    taken.add(name)
    return { ...item, name }
  })
}

const ms = (time: unknown) => parseDuration(time as string) ?? 0
