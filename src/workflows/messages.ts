/**
 * What can be said to the workflows, and what they answer. Shared by workflows, client, CLI and tests; pure types
 * and names, so that no side needs the other's code.
 */

import type { Verdict } from '../analysis/judge.ts'
import type { ErrorBody } from '../errors.ts'
import type { Fence, Slot, Snapshot, Weights } from '../platforms/port.ts'
import type { Plan, ReleaseRef, StrategyName, Target, Visibility } from '../spec/model.ts'
import type { RestoreGoal } from '../strategies/restore.ts'
import type { DeploymentStatus } from './status.ts'

export const serviceWorkflowId = (t: Target) => `service/${t.environment}/${t.location}/${t.service}`
export const deploymentWorkflowId = (t: Target, number: number) =>
  `deployment/${t.environment}/${t.location}/${t.service}/${number}`

/** Workflows run on this queue; effects and waits on queues of their location. */
export const workflowQueue = 'tidegate'
export const effectsQueue = (location: string) => `tidegate-${location}`
export const waitingQueue = (location: string) => `tidegate-${location}-waiting`

/** Names of signals, updates and queries. A decision has one name, as signal and as update. */
export const names = {
  // service: updates
  deploy: 'deploy',
  rollback: 'rollback',
  scale: 'scale',
  restart: 'restart',
  freeze: 'freeze',
  unfreeze: 'unfreeze',
  resumeQueue: 'resumeQueue',
  // deployment, canary, blueGreen: updates and signals
  approve: 'approve',
  reject: 'reject',
  promote: 'promote',
  pause: 'pause',
  resume: 'resume',
  abort: 'abort',
  retry: 'retry',
  skip: 'skip',
  // queries of all of them
  state: 'state',
} as const

export const decisionNames = ['approve', 'reject', 'promote', 'pause', 'resume', 'abort', 'retry', 'skip'] as const
export type DecisionName = (typeof decisionNames)[number]

/** A person's word. */
export interface Decision {
  /** Who says so, as claimed. */
  by: string
  reason?: string
  /** Idempotency key: the same id is applied once, whether it came as update or as signal. */
  id?: string
  /** The gate that is meant. Updates name it; a bare signal counts for the gate that is open. */
  gate?: string
  /** With `promote`: all the way, skipping the steps and analyses that are left. */
  full?: boolean
}

/** The answer to a decision. */
export interface DecisionResult {
  deployment: string
  status: DeploymentStatus
  /** In words: what happens now. */
  message: string
  /** True when the same decision id was already applied. */
  duplicate?: boolean
}

export type WhenBusy = 'queue' | 'supersede' | 'replace' | 'refuse'
export type RollbackKind = 'immediate' | 'gradual' | 'controlled'
export type DeploymentKind = 'deploy' | 'rollback' | 'restore' | 'scale' | 'restart'

interface Request {
  /** The same request id twice is one deployment. */
  requestId: string
  by: string
  reason?: string
}

export interface DeployRequest extends Request {
  version: string
  /** Digest of the `ReleaseDraft` in the content store of the location. */
  draft: string
  plan: Plan
  whenBusy?: WhenBusy
  /** Whether deployments that wait go on by themselves when this one does not end `active`. */
  onFailure?: 'pause-queue' | 'continue-queue'
  /** Claim although the anchor names another engine. */
  takeOver?: boolean
  /** Deploy over a blocked way back. */
  force?: boolean
}

export interface RollbackRequest extends Request {
  /** Release id or version; the previous stable release where absent. */
  to?: string
  kind?: RollbackKind
  /** Time between the moves of a gradual rollback (ms); 30 s unless told. */
  pauseMs?: number
}

export interface ScaleRequest extends Request {
  scale: Plan['scale']
}

export type RestartRequest = Request

export interface FreezeRequest {
  by: string
  reason: string
}

export interface Accepted {
  /** Id of the deployment's workflow. */
  deployment: string
  number: number
  /** 0: it runs; otherwise its place in the queue. */
  position: number
  /** The request id was known: this is the deployment that it made. */
  duplicate?: boolean
  /** A rollback of a deployment in flight aborts it: no deployment of its own. */
  aborting?: boolean
  /** What the person should know: the queue is paused, what was superseded. */
  note?: string
}

/** How a deployment ended, in one line: what the service remembers and `history` shows. */
export interface DeploymentSummary {
  id: string
  number: number
  kind: DeploymentKind
  version: string
  release: ReleaseRef | null
  previous: ReleaseRef | null
  strategy: StrategyName | null
  status: DeploymentStatus
  by: string
  reason?: string
  /** ISO times. */
  acceptedAt: string
  endedAt: string | null
  /** Why it ended as it did. */
  outcome?: string
  error?: ErrorBody
  /** Verdicts of its analyses, capped. */
  evidence?: string[]
  /** What `skip` left undone. */
  incomplete?: string[]
  sequence?: number
  scale?: Plan['scale']
  /** A migration of it was marked irreversible and has run. */
  irreversible?: boolean
}

export interface TimelineEntry {
  at: string
  text: string
}

/** A point that waits for a person. */
export interface Gate {
  /** Decisions name it: `approval`, `step-2`, `promotion`, `blocked-3`, … */
  name: string
  kind: 'approval' | 'promotion' | 'blocked' | 'paused' | 'question'
  since: string
  /** In words: what it waits for. */
  text: string
  /** Decisions that answer it. */
  answers: DecisionName[]
}

/** Where a strategy is; answered by the strategy's own workflow, merged by the client. */
export interface StrategyState {
  step: number
  steps: number
  /** Asked for, by the last route. */
  weights: Weights
  paused: boolean
  gate: Gate | null
  verdict: Verdict | null
  /** One line a metric. */
  evidence: string[]
  timeline: TimelineEntry[]
}

/** The whole picture of one deployment: query `state`. */
export interface DeploymentState {
  id: string
  number: number
  target: Target
  kind: DeploymentKind
  status: DeploymentStatus
  version: string
  release: ReleaseRef | null
  previous: ReleaseRef | null
  strategy: StrategyName | null
  /** What is being done right now, in words. */
  doing: string
  gate: Gate | null
  paused: boolean
  progress: StrategyState | null
  /** Id of the child that moves the traffic, while there is one. */
  strategyWorkflow: string | null
  snapshot: Snapshot | null
  canRollback: { possible: boolean; reasons: string[] }
  by: string
  reason?: string
  acceptedAt: string
  startedAt: string | null
  endedAt: string | null
  timeline: TimelineEntry[]
  error?: ErrorBody
  outcome?: string
  incomplete: string[]
}

/** The memory of one target: query `state` of the service workflow. */
export interface ServiceState {
  target: Target
  stable: ReleaseRef | null
  running: { id: string; number: number; version: string } | null
  queue: { id: string; number: number; version: string; by: string; acceptedAt: string }[]
  /** Why the queue does not go on by itself. */
  queuePaused: string | null
  frozen: FreezeRequest | null
  blocked: string | null
  /** Newest first, at most 50. */
  history: DeploymentSummary[]
  /** Retained, newest first, at most 50. */
  releases: ReleaseRef[]
  sequence: number
  nextNumber: number
  requests: number
}

/** What the worker knows and workflows need; the service workflow asks once and passes it on. */
export interface EngineSettings {
  /** Id of the Temporal namespace: the engine's name on anchors. */
  engine: string
  visibility: Visibility
  /** Whether anybody wants to be told of deployments. */
  notify?: boolean
}

/** Between workflows: signals that people do not send. */
export const internalNames = {
  /** deployment → service: it has been approved and wants to move the target. */
  askTurn: 'askTurn',
  /** service → deployment: it may claim, with this sequence. */
  turn: 'turn',
  /** service → deployment: a newer one replaces it before it ran. */
  supersede: 'supersede',
  /** deployment → service: its way back is blocked, or no longer is. */
  blocked: 'blocked',
  /** strategy → deployment: a gate opened (or closed: null), or it was paused. */
  strategyGate: 'strategyGate',
} as const

export interface AskTurn {
  id: string
  number: number
  version: string
  kind: DeploymentKind
  by: string
  acceptedAt: string
}

export interface Turn {
  /** At least this one; the claim takes a later one where the platform has moved on. */
  sequence: number
}

/** Input of the service workflow; `carried` is set by its own continue-as-new. */
export interface ServiceInput {
  target: Target
  carried?: unknown
}

/** Input of a deployment's workflow. */
export interface DeploymentInput {
  target: Target
  settings: EngineSettings
  number: number
  kind: DeploymentKind
  version: string
  by: string
  reason?: string
  acceptedAt: string
  /** Digest of the draft to package; absent where the release is a retained one. */
  draft?: string
  /** The retained release to go to; null for scale and restart, which keep the stable one. */
  release: ReleaseRef | null
  plan: Plan
  takeOver?: boolean
  /** The deployment whose blocked way back this one is forced past; told once this one has claimed. */
  overrides?: string
  /** Kind `restore`: where it leads. */
  goal?: RestoreGoal
  /** Given at once where the target is free and nobody must approve; otherwise it asks. */
  turn: Turn | null
}

/** Input of a strategy's workflow. */
export interface StrategyInput<Options> {
  target: Target
  settings: EngineSettings
  deployment: string
  stable: ReleaseRef
  candidate: ReleaseRef
  /** Instances of a whole slot. */
  replicas: number
  options: Options
  plan: Pick<Plan, 'checks' | 'checkPolicy' | 'readyDeadlineMs' | 'traffic'>
  /** The first step that is free. */
  fence: Fence
}

export interface StrategyResult {
  outcome: 'promoted' | 'failed'
  reason?: string
  error?: ErrorBody
  evidence: string[]
  /** The last step used: the parent goes on after it. */
  fence: Fence
}

export const searchAttributeNames = {
  service: 'TidegateService',
  environment: 'TidegateEnvironment',
  location: 'TidegateLocation',
  version: 'TidegateVersion',
  status: 'TidegateStatus',
  strategy: 'TidegateStrategy',
} as const

export type { Slot, Weights }
