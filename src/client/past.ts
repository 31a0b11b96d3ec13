/** Pictures of deployments whose own workflow cannot be asked: closed and gone, or not begun. Pure. */
import type { Target } from '../spec/model.ts'
import type { DeploymentState, DeploymentSummary, ServiceState } from '../workflows/messages.ts'
import type { DeploymentStatus } from '../workflows/status.ts'

/** Target and number in a deployment's id, or null where it is none. */
export function parseDeploymentId(id: string): { target: Target; number: number } | null {
  const [kind, environment, location, service, digits, ...rest] = id.split('/')
  const number = Number(digits)
  if (kind !== 'deployment' || !environment || !location || !service || rest.length > 0) return null
  return Number.isSafeInteger(number) && number > 0 ? { target: { service, environment, location }, number } : null
}

/** Service and environment in a deployment's id, for messages. */
export function placeOf(deployment: string): { service: string; environment: string } {
  const [, environment = '?', , service = '?'] = deployment.split('/')
  return { service, environment }
}

/** What the service remembers of a deployment: how it ended, or that it waits; null where it knows nothing. */
export function rememberedState(id: string, service: ServiceState): DeploymentState | null {
  const past = service.history.find((summary) => summary.id === id)
  if (past) return stateOfSummary(service.target, past)
  const waits = service.queue.find((entry) => entry.id === id)
  if (!waits) return null
  const { number, version, by, acceptedAt } = waits
  const doing = service.queuePaused ? `waits: the queue is paused (${service.queuePaused})` : 'waits for its turn'
  return { ...unknownSo(service.target, 'pending'), id, number, version, by, acceptedAt, doing }
}

/** A deployment's end as a state: the summary's facts, without a timeline. */
export function stateOfSummary(target: Target, summary: DeploymentSummary): DeploymentState {
  const { evidence: _, incomplete, scale: __, sequence: ___, ...facts } = summary
  return {
    ...unknownSo(target, summary.status),
    ...facts,
    doing: summary.outcome ?? summary.status,
    incomplete: incomplete ?? [],
  }
}

function unknownSo(target: Target, status: DeploymentStatus): DeploymentState {
  return {
    id: '',
    number: 0,
    target,
    kind: 'deploy',
    status,
    version: '',
    release: null,
    previous: null,
    strategy: null,
    doing: '',
    gate: null,
    paused: false,
    progress: null,
    strategyWorkflow: null,
    snapshot: null,
    canRollback: { possible: false, reasons: ['its workflow is no longer there to ask'] },
    by: '',
    acceptedAt: '',
    startedAt: null,
    endedAt: null,
    timeline: [],
    incomplete: [],
  }
}
