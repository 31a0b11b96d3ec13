/** The typed client that the CLI and programs share. */
import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { Client, Connection, WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client'
import { defineUpdate } from '@temporalio/workflow'
import { type TemporalAddress, temporalAddress } from '../connection.ts'
import { TidegateError } from '../errors.ts'
import type { EngineConfig, Target } from '../spec/index.ts'
import {
  type Accepted,
  type Decision,
  type DecisionName,
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
import { type Decided, decide, updateDeadline } from './decide.ts'
import { asTidegateError, isTimeout, isTooEarly } from './errors.ts'
import { type Listed, listDeployments, listServices } from './list.ts'
import type { PreparedDeploy } from './prepare-deploy.ts'

/** Bytes of a request; far below what Temporal refuses, so that a refusal is ours and says what to do. */
const requestLimit = 256 * 1024
/** How often `watch` looks (ms). */
const lookEvery = 250

type By = { by?: string; requestId?: string }
type Asked<R> = Omit<R, 'by' | 'requestId'> & By
/** `by` is the user of this process where it is not given. */
export type Word = Partial<Decision>

export interface ConnectOptions {
  /** The engine's configuration, for where Temporal is when no profile and no variable says. */
  config?: EngineConfig
  /** host:port; wins over everything. */
  address?: string
  namespace?: string
}

/**
 * Connects to Temporal. @throws `temporal.unreachable`, `temporal.denied`
 * @example
 * const tidegate = await connect()
 * for await (const state of tidegate.watch(id)) console.log(state.status, state.doing)
 * await tidegate.close()
 */
export async function connect(options: ConnectOptions = {}): Promise<TidegateClient> {
  const found = await temporalAddress(options.config?.temporal)
  const address = options.address ?? found.address
  const where = { ...found, address, namespace: options.namespace ?? found.namespace }
  try {
    const connection = await Connection.connect({ ...where.connection, address, connectTimeout: '5 seconds' })
    return new TidegateClient(new Client({ connection, namespace: where.namespace }), where)
  } catch (error) {
    const known = asTidegateError(error, address)
    throw known instanceof TidegateError
      ? known
      : new TidegateError('temporal.unreachable', { address }, { cause: error })
  }
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
    const full: DeployRequest = { ...body, by: me(), requestId: randomUUID(), ...request }
    refuseLarge(full)
    const startWorkflowOperation = new WithStartWorkflowOperation('service', {
      workflowId: serviceWorkflowId(target),
      taskQueue: workflowQueue,
      args: [{ target }],
      workflowIdConflictPolicy: 'USE_EXISTING',
    })
    const update = defineUpdate<Accepted, [DeployRequest]>(names.deploy)
    return this.#answered(() =>
      this.temporal.workflow.executeUpdateWithStart(update, {
        args: [full],
        updateId: full.requestId,
        startWorkflowOperation,
      }),
    )
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
    return this.#known(() => decide(this.temporal, deployment, name, { by: me(), ...word }, state), {
      unknown: new TidegateError('deployment.over', { deployment, status: state?.status ?? 'over' }),
    })
  }

  /** The whole picture of one deployment. @throws `deployment.unknown`, `worker.absent` */
  async state(deployment: string): Promise<DeploymentState> {
    const unknown = new TidegateError('deployment.unknown', { deployment, ...placeOf(deployment) })
    const state = await this.#known(() => this.#query<DeploymentState>(deployment), { unknown })
    if (!state.strategyWorkflow) return state
    const progress = await this.#query<StrategyState>(state.strategyWorkflow).catch(() => null)
    return { ...state, progress }
  }

  /** The memory of a target: stable release, queue, history. @throws `target.unknown`, `worker.absent` */
  async service(target: Target): Promise<ServiceState> {
    const unknown = new TidegateError('target.unknown', { ...target })
    return this.#known(() => this.#query<ServiceState>(serviceWorkflowId(target)), { unknown })
  }

  /** A state now and after each change, until the deployment is over. */
  async *watch(deployment: string, signal?: AbortSignal): AsyncGenerator<DeploymentState, DeploymentState> {
    let last = ''
    for (;;) {
      const state = await this.state(deployment)
      const seen = JSON.stringify(state)
      if (seen !== last) yield state
      last = seen
      if (isOver(state.status) || signal?.aborted) return state
      await new Promise((resolve) => setTimeout(resolve, lookEvery))
    }
  }

  /** How it ended; waits until it has. */
  async result(deployment: string): Promise<DeploymentSummary> {
    const unknown = new TidegateError('deployment.unknown', { deployment, ...placeOf(deployment) })
    return this.#known(() => this.temporal.workflow.getHandle(deployment).result(), { unknown })
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

  /** Every target that Tidegate knows, from Temporal's visibility. */
  list(): Promise<ServiceState[]> {
    return this.#known(() => listServices(this.temporal, (id) => this.#query<ServiceState>(id)))
  }

  /** Deployments that have not ended, over all targets. */
  running(): Promise<Listed[]> {
    return this.#known(() => listDeployments(this.temporal))
  }

  async close(): Promise<void> {
    await this.temporal.connection.close()
  }

  async #ask<T>(target: Target, name: string, request: object = {}): Promise<T> {
    const body = { by: me(), requestId: randomUUID(), ...request }
    refuseLarge(body)
    const handle = this.temporal.workflow.getHandle(serviceWorkflowId(target))
    const unknown = new TidegateError('target.unknown', { ...target })
    const ask = () => handle.executeUpdate<T, [object]>(name, { args: [body], updateId: body.requestId })
    return this.#answered(ask, { unknown })
  }

  /** An update, which waits for a worker for so long. */
  #answered<T>(update: () => Promise<T>, options?: { unknown: TidegateError }): Promise<T> {
    const inTime = () => this.temporal.connection.withDeadline(Date.now() + 2 * updateDeadline, update)
    return this.#known(inTime, options)
  }

  async #query<T>(id: string): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const query = () => this.temporal.workflow.getHandle(id).query<T>(names.state)
        return await this.temporal.connection.withDeadline(Date.now() + updateDeadline, query)
      } catch (error) {
        if (!isTooEarly(error) || attempt === 5) throw error
        await new Promise((resolve) => setTimeout(resolve, 100 * attempt))
      }
    }
  }

  async #known<T>(work: () => Promise<T>, options?: { unknown: TidegateError }): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (options && error instanceof WorkflowNotFoundError) throw options.unknown
      if (isTimeout(error)) throw new TidegateError('worker.absent', { queue: workflowQueue }, { cause: error })
      throw asTidegateError(error, this.address)
    }
  }
}

function refuseLarge(request: object): void {
  const size = Buffer.byteLength(JSON.stringify(request))
  if (size <= requestLimit) return
  const kib = (bytes: number) => `${Math.ceil(bytes / 1024)} KiB`
  const remedy = 'Put long commands and bodies into files of the artifact.'
  throw new TidegateError('input.too-large', { what: 'The request', size: kib(size), limit: kib(requestLimit), remedy })
}

/** Service and environment in a deployment's id, for messages. */
function placeOf(deployment: string): { service: string; environment: string } {
  const [, environment = '?', , service = '?'] = deployment.split('/')
  return { service, environment }
}

const me = () => process.env.TIDEGATE_BY ?? userInfo().username
