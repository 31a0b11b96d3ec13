/** What people ask of a target: the updates of the service workflow, with their validators. */
import { CancellationScope, defineUpdate, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow'
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
import { refusePlan, refuseScale, refuseShape } from './request-shape.ts'
import { defaultRollbackKind, planMemory, planWith, rollbackStrategy } from './rollback-plan.ts'
import {
  accept,
  defaultWhenBusy,
  type Entry,
  limits,
  queued,
  rememberAbort,
  rollbackTarget,
  running,
  type ServiceMemory,
} from './service-memory.ts'
import { refuseBlocked, refuseDeploy, refuseFull, releaseToGoBackTo, unknownTarget } from './service-refusals.ts'

interface Desk {
  memory: ServiceMemory
  target: Target
  reconcile: () => Promise<void>
  /** The memory has changed: what people see of it. */
  show: () => void
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
  const { memory } = desk
  const once = onceEach(desk)

  setHandler(
    defineUpdate<Accepted, [DeployRequest]>(names.deploy),
    (request) => once(request, () => deploy(desk, request)),
    {
      description: 'Accepts a deployment and queues it.',
      validator: (request) => {
        refuseShape(request, ['requestId', 'by', 'version', 'draft'])
        refusePlan(request.plan)
        if (!duplicate(desk, request.requestId)) refuseDeploy(desk, request)
      },
    },
  )
  setHandler(
    defineUpdate<Accepted, [RollbackRequest]>(names.rollback),
    (request) => once(request, () => rollback(desk, request)),
    {
      description: 'Goes back to a retained release, or aborts what is in flight.',
      validator: (request) => {
        refuseShape(request, ['requestId', 'by'])
        if (duplicate(desk, request.requestId)) return
        refuseBlocked(desk)
        if (!running(memory) && memory.releases.length > 0) releaseToGoBackTo(desk, request)
      },
    },
  )
  for (const kind of ['scale', 'restart'] as const) {
    setHandler(
      defineUpdate<Accepted, [ScaleRequest | RestartRequest]>(names[kind]),
      (request) => once(request, () => changeInPlace(desk, kind, request)),
      {
        description: kind === 'scale' ? 'Changes the number of instances.' : 'Replaces the instances, same release.',
        validator: (request) => {
          refuseShape(request, ['requestId', 'by'])
          if (kind === 'scale') refuseScale((request as ScaleRequest).scale)
          if (duplicate(desk, request.requestId)) return
          refuseBlocked(desk)
          refuseFull(desk)
        },
      },
    )
  }

  setHandler(
    defineUpdate<void, [FreezeRequest]>(names.freeze),
    (request) => {
      memory.frozen = { by: request.by, reason: request.reason.slice(0, 300) }
      desk.show()
    },
    { description: 'Refuses deployments until it is unfrozen.', validator: (r) => refuseShape(r, ['by', 'reason']) },
  )
  setHandler(defineUpdate<void, []>(names.unfreeze), () => {
    memory.frozen = null
    desk.show()
  })
  setHandler(defineUpdate<void, []>(names.resumeQueue), () => {
    memory.queuePaused = null
    desk.show()
  })
}

/**
 * The same request id twice is one deployment, also while the first is being answered. Out of reach of "Cancel",
 * which would otherwise refuse every request from then on.
 */
function onceEach(desk: Desk) {
  const underWay = new Map<string, Promise<Accepted>>()
  return (request: Asked, work: () => Promise<Accepted>): Promise<Accepted> =>
    CancellationScope.nonCancellable(async () => {
      const { requestId } = request
      await desk.ready()
      const first = underWay.get(requestId)
      if (first) return { ...(await first), duplicate: true }
      const known = duplicate(desk, requestId)
      if (known) return known
      const answer = work()
      underWay.set(requestId, answer)
      try {
        return await answer
      } finally {
        underWay.delete(requestId)
        desk.show()
      }
    })
}

async function deploy(desk: Desk, request: DeployRequest): Promise<Accepted> {
  const { memory } = desk
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
  if (before && memory.blocked === before.number && request.force) {
    before.phase = 'overridden'
    entry.input = { ...entry.input, overrides: before.id }
  } else if (before && whenBusy === 'replace') gone.push(before)
  await supersede(desk, gone, entry)
  return acceptedAs(desk, entry)
}

async function rollback(desk: Desk, request: RollbackRequest): Promise<Accepted> {
  const { memory } = desk
  refuseBlocked(desk)
  const inFlight = running(memory)
  if (inFlight && request.to === undefined) {
    rememberAbort(memory, request.requestId, inFlight)
    if (await abort(desk, inFlight, request)) {
      return { deployment: inFlight.id, number: inFlight.number, position: 0, aborting: true }
    }
    await desk.concluded(inFlight)
    memory.requests = memory.requests.filter(({ id }) => id !== request.requestId)
  }
  await desk.reconcile()
  const to = releaseToGoBackTo(desk, request)
  const isPrevious = to.id === rollbackTarget(memory, undefined)?.id
  const strategy = rollbackStrategy(request.kind ?? defaultRollbackKind(isPrevious), request.pauseMs)
  const entry = entryOf(desk, 'rollback', request, to.version, to, planWith(memory.plan, strategy))
  entry.priority = true
  const gone = dropQueued(desk, entry)
  accept(memory, request.requestId, entry)
  const before = running(memory)
  if (before) gone.push(before)
  await supersede(desk, gone, entry)
  return acceptedAs(desk, entry)
}

async function changeInPlace(
  desk: Desk,
  kind: 'scale' | 'restart',
  request: ScaleRequest | RestartRequest,
): Promise<Accepted> {
  const { memory, target } = desk
  refuseBlocked(desk)
  refuseFull(desk)
  if (!memory.stable) throw failureOf(unknownTarget(target))
  const scale = kind === 'scale' ? (request as ScaleRequest).scale : undefined
  const entry = entryOf(desk, kind, request, memory.stable.version, null, planWith(memory.plan, inPlace, scale))
  accept(memory, request.requestId, entry)
  return acceptedAs(desk, entry)
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

function duplicate({ memory, target }: Pick<Desk, 'memory' | 'target'>, requestId: string): Accepted | null {
  const known = memory.requests.find((request) => request.id === requestId)
  if (!known) return null
  const id =
    memory.entries.find((e) => e.number === known.number)?.id ??
    memory.history.find((h) => h.number === known.number)?.id
  const aborting = known.aborting ? { aborting: true } : {}
  return {
    deployment: id ?? deploymentWorkflowId(target, known.number),
    number: known.number,
    position: 0,
    duplicate: true,
    ...aborting,
  }
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

/** Tells those whose workflows exist, or are just being started, that they are not wanted any more. */
async function supersede({ begun }: Desk, gone: Entry[], newer: Entry): Promise<void> {
  const word = { by: newer.input.by, version: newer.input.version }
  const tell = async (entry: Entry) => {
    await begun(entry)
    await getExternalWorkflowHandle(entry.id).signal(internalNames.supersede, word)
  }
  await Promise.all(gone.map((entry) => tell(entry).catch(() => undefined)))
}

/** Whether the word reached it: one that has just ended cannot be aborted. */
async function abort({ begun }: Desk, entry: Entry, { by, reason, requestId }: RollbackRequest): Promise<boolean> {
  await begun(entry)
  const decision = { by, reason: reason ?? 'rollback', id: requestId }
  const sent = getExternalWorkflowHandle(entry.id).signal(names.abort, decision)
  return sent.then(
    () => true,
    () => false,
  )
}
