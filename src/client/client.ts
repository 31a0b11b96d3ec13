/** The typed client that the CLI and programs share. */
import { randomUUID } from 'node:crypto'
import { type Client, WithStartWorkflowOperation, type Workflow } from '@temporalio/client'
import type { TemporalAddress } from '../connection.ts'
import { TidegateError } from '../errors.ts'
import type { Plan, Target } from '../spec/index.ts'
import {
  type Accepted,
  type Decision,
  type DecisionName,
  type DeploymentInput,
  type DeploymentState,
  type DeploymentSummary,
  type DeployRequest,
  deploymentWorkflowId,
  type FreezeRequest,
  names,
  type RestartRequest,
  type RollbackRequest,
  type ScaleRequest,
  type ServiceState,
  type StrategyState,
  serviceWorkflowId,
  workflowQueue,
} from '../workflows/messages.ts'
import { isOver } from '../workflows/status.ts'
import { answerDeadline, call } from './calls.ts'
import { type Decided, decide } from './decide.ts'
import { firstInput } from './first-input.ts'
import { type Listed, listDeployments, listServices } from './list.ts'
import { parseDeploymentId, placeOf, rememberedState, stateOfSummary } from './past.ts'
import { awaitPoller } from './pollers.ts'
import type { PreparedDeploy } from './prepare-deploy.ts'
import { me, refuseLarge, said } from './request.ts'

/** How often `watch` looks (ms). */
const lookEvery = 250
/** A request may have to wait until its service has begun and agreed with the platform (ms). */
const requestDeadline = 4 * answerDeadline

type By = { by?: string; requestId?: string }
type Asked<R> = Omit<R, 'by' | 'requestId'> & By
/** `by` is the user of this process where it is not given. */
export type Word = Partial<Decision>

export interface WatchOptions {
  signal?: AbortSignal
  /** How often it looks, in milliseconds. */
  everyMs?: number
  /** Told of each time that nobody answered; it goes on asking. */
  onTrouble?: (error: TidegateError) => void
}

export class TidegateClient {
  /** Temporal's own client, for what this one does not cover. */
  readonly temporal: Client
  readonly address: string
  readonly namespace: string

  constructor(temporal: Client, where: Pick<TemporalAddress, 'address' | 'namespace'>) {
    this.temporal = temporal
    this.address = where.address
    this.namespace = where.namespace
  }

  /** Accepts a deployment: durable when it returns. @throws `deploy.refused-…`, `deploy.queue-full` */
  async deploy(
    prepared: PreparedDeploy,
    request: Partial<Omit<DeployRequest, keyof PreparedDeploy>> = {},
  ): Promise<Accepted> {
    const { target, ...body } = prepared
    const full: DeployRequest = { ...body, by: me(), requestId: randomUUID(), ...said(request) }
    refuseLarge(full)
    // Else it would begin at some later time, when nobody expects it any more.
    await call(this, () => awaitPoller(this.temporal, workflowQueue, answerDeadline / 2))
    // An operation serves once. Asked again, the workflow is there, and the update's id makes it the same request.
    const ask = () =>
      this.temporal.workflow.executeUpdateWithStart<Workflow, Accepted, [DeployRequest]>(names.deploy, {
        args: [full],
        updateId: full.requestId,
        startWorkflowOperation: new WithStartWorkflowOperation('service', {
          workflowId: serviceWorkflowId(target),
          taskQueue: workflowQueue,
          args: [{ target }],
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      })
    return call(this, ask, { deadline: requestDeadline })
  }

  /** Goes back to a retained release, or aborts what is in flight. @throws `rollback.…` */
  rollback(target: Target, request: Asked<RollbackRequest> = {}): Promise<Accepted> {
    return this.#ask(target, names.rollback, request)
  }
  scale(target: Target, request: Asked<ScaleRequest>): Promise<Accepted> {
    return this.#ask(target, names.scale, request)
  }
  restart(target: Target, request: Asked<RestartRequest> = {}): Promise<Accepted> {
    return this.#ask(target, names.restart, request)
  }
  freeze(target: Target, request: Omit<FreezeRequest, 'by'> & { by?: string }): Promise<void> {
    return this.#ask(target, names.freeze, request)
  }
  unfreeze(target: Target): Promise<void> {
    return this.#ask(target, names.unfreeze)
  }
  /** Lets the queue go on after a deployment that did not end `active`. */
  resumeQueue(target: Target): Promise<void> {
    return this.#ask(target, names.resumeQueue)
  }

  approve = (deployment: string, word: Word = {}) => this.decide(deployment, 'approve', word)
  reject = (deployment: string, word: Word = {}) => this.decide(deployment, 'reject', word)
  promote = (deployment: string, word: Word = {}) => this.decide(deployment, 'promote', word)
  pause = (deployment: string, word: Word = {}) => this.decide(deployment, 'pause', word)
  resume = (deployment: string, word: Word = {}) => this.decide(deployment, 'resume', word)
  abort = (deployment: string, word: Word = {}) => this.decide(deployment, 'abort', word)
  retry = (deployment: string, word: Word = {}) => this.decide(deployment, 'retry', word)
  skip = (deployment: string, word: Word = {}) => this.decide(deployment, 'skip', word)

  /** @throws `decision.…`, `deployment.over`, `deployment.unknown`, `worker.absent` */
  async decide(deployment: string, name: DecisionName, word: Word = {}): Promise<Decided> {
    const state = await this.state(deployment).catch((error: unknown) => {
      if (error instanceof TidegateError && error.code === 'worker.absent') return null
      throw error
    })
    if (state && isOver(state.status)) throw new TidegateError('deployment.over', { deployment, status: state.status })
    const unknown = new TidegateError('deployment.over', { deployment, status: state?.status ?? 'over' })
    const work = () => decide(this.temporal, deployment, name, { by: me(), ...said(word) }, state)
    return call(this, work, { unknown, deadline: 3 * answerDeadline })
  }

  /**
   * The whole picture of one deployment; of one whose workflow is gone, what its service remembers.
   * @throws `deployment.unknown`, `worker.absent`
   */
  async state(deployment: string): Promise<DeploymentState> {
    const unknown = new TidegateError('deployment.unknown', { deployment, ...placeOf(deployment) })
    try {
      const state = await this.#query<DeploymentState>(deployment, unknown)
      if (!state.strategyWorkflow || isOver(state.status)) return state
      const progress = await this.#query<StrategyState>(state.strategyWorkflow, unknown).catch(() => null)
      return { ...state, progress }
    } catch (error) {
      const remembered = await this.#remembered(deployment, error)
      if (remembered) return remembered
      throw error
    }
  }

  /** The memory of a target: stable release, queue, history. @throws `target.unknown`, `worker.absent` */
  service(target: Target): Promise<ServiceState> {
    return this.#query<ServiceState>(serviceWorkflowId(target), new TidegateError('target.unknown', { ...target }))
  }

  /** What a deployment was asked to do; null where its history is gone. Needs no worker. */
  async plan(deployment: string): Promise<Plan | null> {
    const read = () => firstInput<DeploymentInput>(this.temporal, deployment)
    const input = await call(this, read).catch(() => null)
    return input?.plan ?? null
  }

  /**
   * A state now and after each change, until the deployment is over. Where nobody answers for a while it throws,
   * unless `onTrouble` is given: then it says so and goes on asking.
   */
  async *watch(deployment: string, options: WatchOptions = {}): AsyncGenerator<DeploymentState, void> {
    let last = ''
    while (!options.signal?.aborted) {
      const state = await this.state(deployment).catch((error: unknown) => {
        if (!options.onTrouble || !(error instanceof TidegateError) || !error.row.retryable) throw error
        options.onTrouble(error)
        return null
      })
      const seen = JSON.stringify(state)
      if (state && seen !== last) yield state
      last = seen
      if (state && isOver(state.status)) return
      await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? lookEvery))
    }
  }

  /** How it ended; waits until it has, also while it waits in the queue and has no workflow yet. */
  async result(deployment: string): Promise<DeploymentSummary> {
    const unknown = new TidegateError('deployment.unknown', { deployment, ...placeOf(deployment) })
    const wait = () => this.temporal.workflow.getHandle(deployment).result() as Promise<DeploymentSummary>
    for (;;) {
      try {
        return await call(this, wait, { unknown, deadline: null })
      } catch (error) {
        if (error !== unknown) throw error
        const id = parseDeploymentId(deployment)
        const service = id && (await this.#serviceIfAny(id.target))
        const past = service?.history.find((summary) => summary.id === deployment)
        if (past) return past
        const waits = [service?.running, ...(service?.queue ?? [])].some((entry) => entry?.id === deployment)
        if (!waits) throw unknown
        await new Promise((resolve) => setTimeout(resolve, lookEvery))
      }
    }
  }

  /** Deployments of a target, newest first, at most 50: those that run, and how the others ended. */
  async history(target: Target): Promise<DeploymentSummary[]> {
    return (await this.service(target)).history
  }

  /** Id of a deployment of a target by its number; without a number, the one that runs or came last. */
  async deploymentOf(target: Target, number?: number): Promise<string> {
    if (number !== undefined) return deploymentWorkflowId(target, number)
    const { running, queue, history } = await this.service(target)
    const id = running?.id ?? queue[0]?.id ?? history[0]?.id
    if (id === undefined) throw new TidegateError('target.unknown', { ...target })
    return id
  }

  /** The target that a deployment's id names. @throws `deployment.unknown` where it is no such id */
  targetOf(deployment: string): Target {
    const place = parseDeploymentId(deployment)
    if (!place) throw new TidegateError('deployment.unknown', { deployment, ...placeOf(deployment) })
    return place.target
  }

  /** Every target that Tidegate knows, or those of a service, environment or location, from Temporal's visibility. */
  list(only: Partial<Target> = {}): Promise<ServiceState[]> {
    const ask = (id: string) => this.#query<ServiceState>(id)
    return call(this, () => listServices(this.temporal, only, ask), { deadline: 4 * answerDeadline })
  }

  /** Deployments that have not ended, over all targets. */
  running(): Promise<Listed[]> {
    return call(this, () => listDeployments(this.temporal), { deadline: 4 * answerDeadline })
  }

  async close(): Promise<void> {
    await this.temporal.connection.close()
  }

  async #serviceIfAny(target: Target): Promise<ServiceState | null> {
    return this.service(target).catch((error: unknown) => {
      if (error instanceof TidegateError && error.code === 'target.unknown') return null
      throw error
    })
  }

  #ask<T>(target: Target, name: string, request: object = {}): Promise<T> {
    const body = { by: me(), requestId: randomUUID(), ...said(request) }
    refuseLarge(body)
    const handle = this.temporal.workflow.getHandle(serviceWorkflowId(target))
    const unknown = new TidegateError('target.unknown', { ...target })
    const ask = () => handle.executeUpdate<T, [object]>(name, { args: [body], updateId: body.requestId })
    return call(this, ask, { unknown, deadline: requestDeadline })
  }

  #query<T>(id: string, unknown?: TidegateError): Promise<T> {
    return call(this, () => this.temporal.workflow.getHandle(id).query<T>(names.state), { unknown })
  }

  /** For a deployment whose workflow did not answer: its result where it is closed, or what its service remembers. */
  async #remembered(deployment: string, error: unknown): Promise<DeploymentState | null> {
    const place = parseDeploymentId(deployment)
    if (!place || !(error instanceof TidegateError)) return null
    if (error.code === 'deployment.unknown') {
      const service = await this.#serviceIfAny(place.target)
      return service && rememberedState(deployment, service)
    }
    if (error.code !== 'worker.absent') return null
    const handle = this.temporal.workflow.getHandle(deployment)
    const closed = async () => {
      if ((await handle.describe()).status.name !== 'COMPLETED') return null
      return stateOfSummary(place.target, (await handle.result()) as DeploymentSummary)
    }
    return call(this, closed).catch(() => null)
  }
}
