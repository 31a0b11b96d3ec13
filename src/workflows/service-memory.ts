/** What a service workflow remembers, as pure functions; carried from run to run, versioned and bounded. */
import type { Plan, ReleaseRef, Target } from '../spec/model.ts'
import type {
  DeploymentInput,
  DeploymentSummary,
  EngineSettings,
  FreezeRequest,
  ServiceState,
  WhenBusy,
} from './messages.ts'

export const limits = {
  /** Deployments that may wait. */
  queue: 20,
  history: 50,
  releases: 50,
  /** Request ids that are remembered, so that the same request twice is one deployment. */
  requests: 200,
  /** Bytes of carried state; the server terminates a workflow that carries 2 MB. */
  carried: 256 * 1024,
  /** Events after which it continues as new, between deployments. */
  events: 300,
}

/** A deployment that was accepted and has not ended. */
export interface Entry {
  id: string
  number: number
  /** `waiting`: no workflow yet; `started`; `asked`: wants its turn; `running`: has it; `overridden`: forced past. */
  phase: 'waiting' | 'started' | 'asked' | 'running' | 'overridden'
  input: Omit<DeploymentInput, 'settings' | 'turn'>
  onFailure: 'pause-queue' | 'continue-queue'
  /** Goes before others: a rollback, a restore, a replacement. */
  priority: boolean
  /** Its workflow exists: from now on its id can be asked. */
  begun?: boolean
  /** Started by another run of this workflow: followed from outside. */
  found?: boolean
}

/** The parts of the last plan that a rollback, a scaling or a restart needs. */
export type PlanMemory = Omit<Plan, 'strategy' | 'hooks' | 'approval' | 'scale' | 'bakeMs'>

export interface ServiceMemory {
  schema: 1
  settings: EngineSettings | null
  stable: ReleaseRef | null
  sequence: number
  nextNumber: number
  frozen: FreezeRequest | null
  queuePaused: string | null
  /** Number of the deployment whose way back is blocked. */
  blocked: number | null
  history: DeploymentSummary[]
  /** Releases that were stable, the latest first. */
  releases: ReleaseRef[]
  /** Releases that nothing older can run after. */
  irreversible: string[]
  requests: { id: string; number: number; aborting?: boolean }[]
  plan: PlanMemory | null
  entries: Entry[]
}

export function emptyMemory(): ServiceMemory {
  return {
    schema: 1,
    settings: null,
    stable: null,
    sequence: 0,
    nextNumber: 1,
    frozen: null,
    queuePaused: null,
    blocked: null,
    history: [],
    releases: [],
    irreversible: [],
    requests: [],
    plan: null,
    entries: [],
  }
}

/** Carried state of any earlier version as today's; a version from the future is refused, loudly. */
export function upcast(carried: unknown): ServiceMemory {
  if (carried === undefined || carried === null) return emptyMemory()
  const { schema } = carried as { schema?: number }
  if (schema !== 1) throw new Error(`carried state of version ${schema} is newer than this worker`)
  return { ...emptyMemory(), ...(carried as ServiceMemory) }
}

export const running = (m: ServiceMemory) => m.entries.find((entry) => entry.phase === 'running') ?? null

/** Those that wait: accepted, without the turn. */
export const queued = (m: ServiceMemory) =>
  m.entries.filter((entry) => entry.phase !== 'running' && entry.phase !== 'overridden')

/** Who gets the turn next, or null: whoever goes first among those that asked, then in order of number. */
export function nextTurn(m: ServiceMemory): Entry | null {
  if (running(m)) return null
  const asked = m.entries.filter((entry) => entry.phase === 'asked' && (entry.priority || m.queuePaused === null))
  return asked.sort((a, b) => Number(b.priority) - Number(a.priority) || a.number - b.number)[0] ?? null
}

/** Whether an entry that is about to start may have its turn at once: nobody is before it, nobody must approve. */
export function turnAtOnce(m: ServiceMemory, entry: Entry): boolean {
  if (running(m) || entry.input.plan.approval) return false
  if (entry.priority) return true
  return m.queuePaused === null && queued(m).every((other) => other === entry || other.phase === 'waiting')
}

/** Writes an accepted request down; the entry's workflow is not started yet. */
export function accept(m: ServiceMemory, requestId: string, entry: Entry): void {
  m.entries.push(entry)
  m.nextNumber = Math.max(m.nextNumber, entry.number + 1)
  remember(m.requests, { id: requestId, number: entry.number }, limits.requests)
}

/** Folds the end of a deployment into the memory. */
export function conclude(m: ServiceMemory, summary: DeploymentSummary, entry: Entry | null): void {
  m.entries = m.entries.filter((other) => other.number !== summary.number)
  m.sequence = Math.max(m.sequence, summary.sequence ?? 0)
  if (m.blocked === summary.number) m.blocked = null
  if (m.history.some((past) => past.number === summary.number)) return
  if (summary.status === 'active') {
    m.history = m.history.map((past) => (past.status === 'active' ? { ...past, status: 'inactive' } : past))
    if (summary.release) setStable(m, summary.release, summary.kind === 'deploy')
    if (summary.release && summary.irreversible) remember(m.irreversible, summary.release.id, limits.releases)
  }
  m.history.unshift(summary)
  m.history.length = Math.min(m.history.length, limits.history)
  const pauses = summary.status !== 'active' && summary.status !== 'superseded' && entry?.onFailure !== 'continue-queue'
  const waiting = queued(m).some((other) => !other.priority)
  if (pauses && waiting) m.queuePaused = `#${summary.number} (${summary.version}) ended ${summary.status}`
  if (m.entries.length === 0) m.queuePaused = null
}

/**
 * The release that is stable now. A new one goes to the head of those that can be gone back to, before the one that
 * it follows; one that was gone back to keeps its place, so that the next way back leads further back and never to
 * what was rolled back (lesson 14).
 */
export function setStable(m: ServiceMemory, release: ReleaseRef, isNew: boolean): void {
  const before = m.stable
  const known = m.releases.some((other) => other.id === release.id)
  m.stable = release
  if (known && (!isNew || before?.id === release.id)) return
  const head = before && before.id !== release.id ? [release, before] : [release]
  const others = m.releases.filter((other) => head.every(({ id }) => id !== other.id))
  m.releases = [...head, ...others].slice(0, limits.releases)
}

/** The release that a rollback leads to: the one named by id or version, otherwise the stable one's predecessor. */
export function rollbackTarget(m: ServiceMemory, to: string | undefined): ReleaseRef | null {
  if (to !== undefined) return m.releases.find((r) => r.id === to) ?? m.releases.find((r) => r.version === to) ?? null
  return m.releases[m.releases.findIndex((r) => r.id === m.stable?.id) + 1] ?? null
}

/** Gives an entry the next number: a deployment that this memory does not know of has the one that it had. */
export function renumber(m: ServiceMemory, entry: Entry, idOf: (number: number) => string): void {
  const number = m.nextNumber++
  m.requests = m.requests.map((request) => (request.number === entry.number ? { ...request, number } : request))
  Object.assign(entry, { number, id: idOf(number), phase: 'waiting', input: { ...entry.input, number } })
}

/** Writes down that a request aborted a deployment, so that the same request again does nothing. */
export function rememberAbort(m: ServiceMemory, requestId: string, entry: Entry): void {
  remember(m.requests, { id: requestId, number: entry.number, aborting: true }, limits.requests)
}

/** The release with an irreversible migration that stands between the stable one and an older one, or null. */
export function barrier(m: ServiceMemory, to: ReleaseRef): ReleaseRef | null {
  const position = m.releases.findIndex((r) => r.id === to.id)
  return m.releases.slice(0, Math.max(0, position)).find((r) => m.irreversible.includes(r.id)) ?? null
}

/** State small enough to carry: the oldest history goes first. Null when what waits is itself too large. */
export function trimmed(m: ServiceMemory, size: (value: unknown) => number): ServiceMemory | null {
  const carried = { ...m, history: [...m.history], releases: [...m.releases] }
  while (size(carried) > limits.carried) {
    if (carried.history.length > 0) carried.history.pop()
    else return null
  }
  return carried
}

/** What may be waiting for the target when another deployment comes. */
export const defaultWhenBusy: WhenBusy = 'queue'

export function serviceState(target: Target, m: ServiceMemory): ServiceState {
  const now = running(m)
  const blocked = m.blocked === null ? null : (m.entries.find((e) => e.number === m.blocked)?.id ?? null)
  return {
    target,
    stable: m.stable,
    running: now && { id: now.id, number: now.number, version: now.input.version },
    queue: queued(m).map(({ id, number, input }) => ({
      id,
      number,
      version: input.version,
      by: input.by,
      acceptedAt: input.acceptedAt,
    })),
    queuePaused: m.queuePaused,
    frozen: m.frozen,
    blocked,
    history: m.history,
    releases: m.releases,
    sequence: m.sequence,
    nextNumber: m.nextNumber,
    requests: m.requests.length,
  }
}

function remember<T>(list: T[], item: T, most: number): void {
  list.push(item)
  if (list.length > most) list.splice(0, list.length - most)
}
