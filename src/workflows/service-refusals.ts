/** Why a request is refused, from what the service workflow remembers. Pure. */
import { TidegateError } from '../errors.ts'
import type { ReleaseRef, Target } from '../spec/model.ts'
import { failureOf } from './failures.ts'
import { type DeployRequest, deploymentWorkflowId, type RollbackRequest } from './messages.ts'
import { barrier, limits, queued, rollbackTarget, running, type ServiceMemory } from './service-memory.ts'

interface Known {
  memory: ServiceMemory
  target: Target
}

/** @throws `deploy.refused-blocked` while a way back waits for an operator */
export function refuseBlocked({ memory, target }: Known): void {
  if (memory.blocked === null) return
  const deployment = deploymentWorkflowId(target, memory.blocked)
  throw failureOf(new TidegateError('deploy.refused-blocked', { deployment }))
}

export function refuseFull({ memory, target }: Known): void {
  if (queued(memory).length >= limits.queue) throw failureOf(queueFull(target))
}

export function refuseDeploy({ memory, target }: Known, request: DeployRequest): void {
  const { service, environment } = target
  const now = running(memory)
  if (memory.frozen)
    throw failureOf(new TidegateError('deploy.refused-frozen', { service, environment, reason: memory.frozen.reason }))
  if (!request.force) refuseBlocked({ memory, target })
  const busyWith = now ?? queued(memory)[0]
  if (request.whenBusy === 'refuse' && busyWith) {
    throw failureOf(new TidegateError('deploy.refused-busy', { service, environment, deployment: busyWith.id }))
  }
  const drops = request.whenBusy === 'supersede' || request.whenBusy === 'replace'
  if (!drops && queued(memory).length >= limits.queue) throw failureOf(queueFull(target))
}

const queueFull = ({ service }: Target) => new TidegateError('deploy.queue-full', { limit: limits.queue, service })
export const unknownTarget = ({ service, environment }: Target) =>
  new TidegateError('target.unknown', { service, environment })

/** @throws `rollback.nothing`, `rollback.unknown-release`, `rollback.irreversible` */
export function releaseToGoBackTo({ memory, target }: Known, { to }: RollbackRequest): ReleaseRef {
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
