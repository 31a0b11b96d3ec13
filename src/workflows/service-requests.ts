/** What people ask of a target: the updates of the service workflow, with their validators. */
import { defineUpdate, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow'
import { TidegateError } from '../errors.ts'
import type { Plan, ReleaseRef, Strategy, Target } from '../spec/model.ts'
import { failureOf } from './failures.ts'
import {
  type Accepted,
  type DeploymentKind,
  type DeploymentSummary,
  type DeployRequest,
  deploymentWorkflowId,
  type FreezeRequest,
  internalNames,
  names,
  type RestartRequest,
  type RollbackRequest,
  type ScaleRequest,
} from './messages.ts'
import { defaultRollbackKind, planMemory, planWith, rollbackStrategy } from './rollback-plan.ts'
import {
  accept,
  barrier,
  defaultWhenBusy,
  type Entry,
  limits,
  queued,
  rollbackTarget,
  running,
  type ServiceMemory,
} from './service-memory.ts'

interface Desk {
  memory: ServiceMemory
  target: Target
  reconcile: () => Promise<void>
  /** Fulfilled once the memory agrees with the platform. */
  ready: () => Promise<unknown>
  /** Fulfilled once the entry's workflow exists, or it is clear that it has to wait for that. */
  begun: (entry: Entry) => Promise<unknown>
  /** Fulfilled once the entry's end has been written down. */
  concluded: (entry: Entry) => Promise<unknown>
}

interface Asked {
  requestId: string
  by: string
  reason?: string
}

const inPlace: Strategy = { name: 'rolling', options: { maxSurge: '25%', maxUnavailable: '25%' } }

/** Sets the handlers; to be called before the first `await`. */
export function takeServiceRequests(desk: Desk): void {
  const { memory, target } = desk

  setHandler(
    defineUpdate<Accepted, [DeployRequest]>(names.deploy),
    async (request) => {
      await desk.ready()
      const again = duplicate(memory, request.requestId)
      if (again) return again
      refuseDeploy(desk, request)
      const before = running(memory)
      const whenBusy = request.whenBusy ?? defaultWhenBusy
      const entry = entryOf(desk, 'deploy', request, request.version, null, request.plan)
      entry.input = { ...entry.input, draft: request.draft, takeOver: request.takeOver }
      entry.onFailure = request.onFailure ?? 'pause-queue'
      entry.priority = whenBusy === 'replace'
      memory.plan = planMemory(request.plan)
      const gone = whenBusy === 'supersede' || whenBusy === 'replace' ? dropQueued(desk, entry) : []
      accept(memory, request.requestId, entry)
      if (before && memory.blocked === before.number && request.force) before.phase = 'overridden'
      else if (before && whenBusy === 'replace') gone.push(before)
      await supersede(gone, entry)
      return acceptedAs(desk, entry)
    },
    {
      description: 'Accepts a deployment and queues it.',
      validator: (request) => {
        refuseShape(request, ['requestId', 'by', 'version', 'draft'])
        if (!duplicate(memory, request.requestId)) refuseDeploy(desk, request)
      },
    },
  )

  setHandler(
    defineUpdate<Accepted, [RollbackRequest]>(names.rollback),
    async (request) => {
      await desk.ready()
      const again = duplicate(memory, request.requestId)
      if (again) return again
      const inFlight = running(memory)
      if (inFlight && request.to === undefined) {
        if (await abort(inFlight, request)) {
          return { deployment: inFlight.id, number: inFlight.number, position: 0, aborting: true }
        }
        await desk.concluded(inFlight)
      }
      await desk.reconcile()
      const to = releaseToGoBackTo(desk, request)
      const isPrevious = to.id === rollbackTarget(memory, undefined)?.id
      const strategy = rollbackStrategy(request.kind ?? defaultRollbackKind(isPrevious))
      const entry = entryOf(desk, 'rollback', request, to.version, to, planWith(memory.plan, strategy))
      entry.priority = true
      const gone = dropQueued(desk, entry)
      accept(memory, request.requestId, entry)
      if (inFlight && memory.entries.includes(inFlight)) gone.push(inFlight)
      await supersede(gone, entry)
      return acceptedAs(desk, entry)
    },
    {
      description: 'Goes back to a retained release, or aborts what is in flight.',
      validator: (request) => {
        refuseShape(request, ['requestId', 'by'])
        if (running(memory) || duplicate(memory, request.requestId)) return
        if (memory.releases.length > 0) releaseToGoBackTo(desk, request)
      },
    },
  )

  for (const kind of ['scale', 'restart'] as const) {
    setHandler(
      defineUpdate<Accepted, [ScaleRequest | RestartRequest]>(names[kind]),
      async (request) => {
        await desk.ready()
        const again = duplicate(memory, request.requestId)
        if (again) return again
        if (!memory.stable) throw failureOf(unknownTarget(target))
        const scale = 'scale' in request ? request.scale : undefined
        const entry = entryOf(desk, kind, request, memory.stable.version, null, planWith(memory.plan, inPlace, scale))
        accept(memory, request.requestId, entry)
        return acceptedAs(desk, entry)
      },
      {
        description: kind === 'scale' ? 'Changes the number of instances.' : 'Replaces the instances, same release.',
        validator: (request) => {
          refuseShape(request, ['requestId', 'by'])
          if (queued(memory).length >= limits.queue) throw failureOf(queueFull(target))
        },
      },
    )
  }

  setHandler(
    defineUpdate<void, [FreezeRequest]>(names.freeze),
    async (request) => {
      await desk.ready()
      memory.frozen = { by: String(request.by), reason: String(request.reason).slice(0, 300) }
    },
    { description: 'Refuses deployments until it is unfrozen.', validator: (r) => refuseShape(r, ['by', 'reason']) },
  )
  setHandler(defineUpdate<void, []>(names.unfreeze), () => {
    memory.frozen = null
  })
  setHandler(defineUpdate<void, []>(names.resumeQueue), () => {
    memory.queuePaused = null
  })
}

/** A summary for a deployment whose own workflow can't give one. */
export function summaryOf(entry: Entry, status: DeploymentSummary['status'], outcome: string): DeploymentSummary {
  const { number, kind, version, release, by, reason, acceptedAt } = entry.input
  const endedAt = new Date(Date.now()).toISOString()
  const unknown = { previous: null, strategy: null }
  return { id: entry.id, number, kind, version, release, ...unknown, status, by, reason, acceptedAt, endedAt, outcome }
}

function entryOf(
  desk: Desk,
  kind: DeploymentKind,
  asked: Asked,
  version: string,
  release: ReleaseRef | null,
  plan: Plan,
): Entry {
  const number = desk.memory.nextNumber
  const acceptedAt = new Date(Date.now()).toISOString()
  const { by, reason } = asked
  const id = deploymentWorkflowId(desk.target, number)
  const input = { target: desk.target, number, kind, version, by, reason, acceptedAt, release, plan }
  return { id, number, phase: 'waiting', input, onFailure: 'pause-queue', priority: false }
}

async function acceptedAs({ memory, begun }: Desk, entry: Entry): Promise<Accepted> {
  await begun(entry)
  const others = memory.entries.filter((other) => other !== entry && other.phase !== 'overridden')
  const before = entry.priority ? others.filter((other) => other.phase === 'running') : others
  const note = memory.queuePaused && !entry.priority ? `the queue is paused: ${memory.queuePaused}` : undefined
  return { deployment: entry.id, number: entry.number, position: before.length, note }
}

function duplicate(memory: ServiceMemory, requestId: string): Accepted | null {
  const known = memory.requests.find((request) => request.id === requestId)
  if (!known) return null
  const id =
    memory.entries.find((e) => e.number === known.number)?.id ??
    memory.history.find((h) => h.number === known.number)?.id
  return { deployment: id ?? '', number: known.number, position: 0, duplicate: true }
}

function refuseShape(request: unknown, texts: string[]): void {
  const fields = (typeof request === 'object' && request !== null ? request : {}) as Record<string, unknown>
  const missing = texts.filter((name) => typeof fields[name] !== 'string' || fields[name] === '')
  if (missing.length === 0) return
  const detail = `the request lacks ${missing.map((name) => `\`${name}\``).join(', ')}`
  throw failureOf(
    new TidegateError('input.invalid', { detail, remedy: 'Use the client or the CLI, which send all of it.' }),
  )
}

function refuseDeploy({ memory, target }: Desk, request: DeployRequest): void {
  const { service, environment } = target
  const now = running(memory)
  if (memory.frozen)
    throw failureOf(new TidegateError('deploy.refused-frozen', { service, environment, reason: memory.frozen.reason }))
  if (memory.blocked !== null && !request.force) {
    throw failureOf(
      new TidegateError('deploy.refused-blocked', { deployment: deploymentWorkflowId(target, memory.blocked) }),
    )
  }
  const busyWith = now ?? queued(memory)[0]
  if (request.whenBusy === 'refuse' && busyWith) {
    throw failureOf(new TidegateError('deploy.refused-busy', { service, environment, deployment: busyWith.id }))
  }
  const drops = request.whenBusy === 'supersede' || request.whenBusy === 'replace'
  if (!drops && queued(memory).length >= limits.queue) throw failureOf(queueFull(target))
}

const queueFull = ({ service }: Target) => new TidegateError('deploy.queue-full', { limit: limits.queue, service })
const unknownTarget = ({ service, environment }: Target) =>
  new TidegateError('target.unknown', { service, environment })

function releaseToGoBackTo({ memory, target }: Desk, { to }: RollbackRequest): ReleaseRef {
  const { service, environment } = target
  const release = rollbackTarget(memory, to)
  if (!release && to === undefined) throw failureOf(new TidegateError('rollback.nothing', { service, environment }))
  if (!release) {
    const releases = memory.releases.slice(0, 10).map((r) => r.id)
    throw failureOf(
      new TidegateError('rollback.unknown-release', {
        release: to,
        service,
        environment,
        releases: releases.join(', '),
      }),
    )
  }
  const barred = barrier(memory, release)
  if (barred) throw failureOf(new TidegateError('rollback.irreversible', { release: barred.id }))
  return release
}

/** Those that wait and have not begun to move anything; those without a workflow yet simply go. */
function dropQueued({ memory }: Desk, newer: Entry): Entry[] {
  const gone = queued(memory).filter((entry) => entry.input.kind !== 'restore')
  for (const entry of gone.filter((e) => e.phase === 'waiting')) {
    memory.entries = memory.entries.filter((other) => other !== entry)
    memory.history.unshift(summaryOf(entry, 'superseded', `superseded by #${newer.number}`))
    memory.history.length = Math.min(memory.history.length, limits.history)
  }
  return gone.filter((entry) => entry.phase !== 'waiting')
}

async function supersede(gone: Entry[], newer: Entry): Promise<void> {
  const word = { by: newer.input.by, version: newer.input.version }
  const tell = (entry: Entry) => getExternalWorkflowHandle(entry.id).signal(internalNames.supersede, word)
  await Promise.all(gone.map((entry) => tell(entry).catch(() => undefined)))
}

/** Whether the word reached it: one that has just ended cannot be aborted. */
async function abort(entry: Entry, { by, reason, requestId }: RollbackRequest): Promise<boolean> {
  const decision = { by, reason: reason ?? 'rollback', id: requestId }
  const sent = getExternalWorkflowHandle(entry.id).signal(names.abort, decision)
  return sent.then(
    () => true,
    () => false,
  )
}
