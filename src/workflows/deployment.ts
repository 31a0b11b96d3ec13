/** One attempt to make a release the stable one: the saga. */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  sleep,
} from '@temporalio/workflow'
import { TidegateError } from '../errors.ts'
import { takeDeploymentDecisions } from './deployment-decisions.ts'
import { type DeploymentRecord, openDeployment } from './deployment-record.ts'
import { activate, execute } from './execute.ts'
import { errorBodyOf, failureOf } from './failures.ts'
import { type Hooked, withHooks } from './hooks.ts'
import { type DeploymentInput, type DeploymentSummary, internalNames } from './messages.ts'
import { tell } from './notices.ts'
import { createSaga, type Saga } from './saga.ts'
import { isOver } from './status.ts'
import { awaitApproval, awaitTurn } from './turn.ts'
import { goBack, restoreTarget, tidy } from './way-back.ts'

export async function deployment(input: DeploymentInput): Promise<DeploymentSummary> {
  const record = openDeployment(input)
  const forwardScope = new CancellationScope()
  takeDeploymentDecisions(record, () => forwardScope.cancel())
  const saga = createSaga()
  try {
    await forwardScope.run(async () => {
      watchDeadline(record, () => forwardScope.cancel())
      await forward(record, saga)
    })
  } catch (error) {
    await CancellationScope.nonCancellable(() => endOtherwise(record, saga, error))
  }
  return CancellationScope.nonCancellable(async () => {
    await tell(record, 'ended')
    await condition(allHandlersFinished)
    return record.summary()
  })
}

/** The way forward, stage by stage. A compensation is registered before the stage that it undoes. */
async function forward(record: DeploymentRecord, saga: Saga): Promise<void> {
  const { input, run, state } = record
  const stage: Hooked = (name, work) => withHooks(record, name, work)
  const { target } = input

  if (input.kind === 'deploy' || input.kind === 'rollback') {
    record.enter('packaging', input.draft ? `packaging ${input.version}` : `looking up ${input.version}`)
    state.release = await stage('package', () =>
      run(
        'packageRelease',
        { summary: `package ${input.version}` },
        { target, draft: input.draft, release: input.release },
      ),
    )
    const release = state.release
    record.enter('validating', `validating ${release.id}`)
    const args = { target, release, plan: input.plan, takeOver: input.takeOver }
    await stage('validate', () => run('validateDeployment', { summary: `validate ${release.id}` }, args))
  }
  if (input.plan.approval) await awaitApproval(record)
  const turn = await awaitTurn(record)

  record.enter('preparing', 'claiming the target and preparing it')
  saga.register(restoreTarget(record, turn))
  await stage('prepare', async () => {
    const { acceptedAt, takeOver } = input
    const args = { target, release: state.release, holder: state.id, sequence: turn.sequence, takeOver, acceptedAt }
    const prepared = await run('prepareTarget', { summary: `claim ${target.service}, prepare ${input.version}` }, args)
    record.claimed = prepared
    state.snapshot = prepared.snapshot
    state.previous = prepared.snapshot.release
    state.canRollback = canRollback(record)
    if (prepared.leftover && input.kind !== 'restore') await tidy(record)
  })
  if (input.overrides) await tellOverridden(record, input.overrides)

  record.enter('executing', `moving ${target.service} to ${input.version}`)
  await stage('execute', () => execute(record))
  if (state.incomplete.length > 0) {
    record.enter('rolling_back', `left undone: ${state.incomplete.join('; ')}`)
    return end(record, 'rolled_back', state.doing)
  }
  record.enter('activating', `activating ${input.version}`)
  await stage('activate', () => activate(record))
  end(record, 'active', `${state.release?.id ?? target.service} is the stable release`)
}

/** Any other end: nothing to undo, a newer owner, or the way back. */
async function endOtherwise(record: DeploymentRecord, saga: Saga, error: unknown): Promise<void> {
  const { state } = record
  const body = errorBodyOf(error)
  const stop = record.stop ?? (isCancellation(error) ? { cause: 'abort' as const, text: 'cancelled' } : null)
  record.setGate(null)
  if (!stop) state.error = body
  const why = stop?.text ?? body.message
  if (!stop && body.code === 'fence.stale') return end(record, 'superseded', why)
  if (body.code === 'decision.rejected') return end(record, 'rejected', why)
  if (saga.empty) {
    const status = stop?.cause === 'abort' ? 'aborted' : stop?.cause === 'superseded' ? 'superseded' : 'failed'
    return end(record, status, stop ? why : `${state.doing}: ${why}`)
  }
  const outcome = await goBack(record, saga, why)
  const status =
    outcome === 'superseded' || stop?.cause === 'superseded'
      ? 'superseded'
      : stop?.cause === 'abort' && state.incomplete.length === 0
        ? 'aborted'
        : 'rolled_back'
  end(record, status, why)
}

/** Only now that it has claimed: the one that is forced past must find a newer owner. */
async function tellOverridden({ input }: DeploymentRecord, id: string): Promise<void> {
  const word = { by: input.by, version: input.version }
  await getExternalWorkflowHandle(id)
    .signal(internalNames.supersede, word)
    .catch(() => undefined)
}

function end(record: DeploymentRecord, status: DeploymentSummary['status'], outcome: string): void {
  record.enter(status, outcome)
  record.state.outcome = outcome
  record.state.endedAt = new Date(Date.now()).toISOString()
  record.state.strategyWorkflow = null
}

/** Ends the way forward when the deployment takes too long; time spent waiting for people is not counted. */
function watchDeadline(record: DeploymentRecord, cancel: () => void): void {
  const { state } = record
  const { deadlineMs } = record.input.plan
  const began = Date.now()
  const left = () => deadlineMs - (Date.now() - began - record.waitedMs())
  const watch = async () => {
    while (left() > 0) {
      await sleep(left(), { summary: 'deadline of the deployment' })
      await record.atWork()
    }
    // What has begun to end takes the time that it takes.
    if (state.status === 'rolling_back' || state.status === 'rollback_blocked' || isOver(state.status)) return
    const error = new TidegateError('deadline.exceeded', { what: 'The deployment', deadline: `${deadlineMs / 1000} s` })
    record.stop = { cause: 'deadline', text: error.message }
    record.state.error = error.toJSON()
    cancel()
  }
  watch().catch((error: unknown) => {
    if (!isCancellation(error)) throw failureOf(new TidegateError('bug', { detail: String(error) }))
  })
}

function canRollback(record: DeploymentRecord): { possible: boolean; reasons: string[] } {
  const { snapshot } = record.state
  if (record.irreversible) return { possible: false, reasons: ['a migration that ran is marked irreversible'] }
  if (!snapshot?.release) return { possible: true, reasons: ['first deployment: going back removes it'] }
  return {
    possible: true,
    reasons: [`${snapshot.release.id} is retained and goes back to ${snapshot.replicas} instances`],
  }
}
