/** Stages `execute` and `activate` of a deployment: in place, or by a strategy's own workflow. */
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow'
import { TidegateError } from '../errors.ts'
import type { Plan, ReleaseRef, Scale, Strategy } from '../spec/model.ts'
import type { blueGreen } from './blue-green.ts'
import type { canary } from './canary.ts'
import { unhealthyChecks } from './checks.ts'
import type { DeploymentRecord } from './deployment-record.ts'
import { fail, failureOf } from './failures.ts'
import type { StrategyInput, StrategyResult } from './messages.ts'
import { startVisibly } from './search-attributes.ts'
import { moveBack } from './way-back.ts'

/** What is really done: nothing can be compared with nothing, and the same release is changed in place. */
export function effectiveStrategy(record: DeploymentRecord): Strategy {
  const { plan, kind } = record.input
  const { release, previous } = record.state
  const inPlace: Strategy = { name: 'rolling', options: { maxSurge: '25%', maxUnavailable: '25%' } }
  if (plan.strategy.name === 'rolling' || plan.strategy.name === 'recreate') return plan.strategy
  const sideBySide = kind === 'deploy' || kind === 'rollback'
  // Beside a slot that is scaled to nothing, no traffic could be split.
  const serves = record.state.snapshot?.replicas !== 0
  return sideBySide && serves && previous && release && previous.id !== release.id ? plan.strategy : inPlace
}

export async function execute(record: DeploymentRecord): Promise<void> {
  const { state, input } = record
  if (input.kind === 'restore') {
    state.release = input.goal?.release ?? null
    const left = await moveBack(record, { sequence: record.claimed?.fence.sequence ?? 0 }, 0)
    if (left) state.incomplete.push(left)
    return
  }
  const release = state.release ?? state.previous
  if (!release) return fail('target.unknown', { service: input.target.service, environment: input.target.environment })
  state.release = release
  state.version = release.version
  const strategy = effectiveStrategy(record)
  state.strategy = strategy.name
  if (strategy.name === 'canary' || strategy.name === 'blue-green') await runStrategy(record, strategy, release)
  else await changeInPlace(record, strategy, release)
}

/** Rolling and recreate, first deployments, scaling and restarts: the stable slot itself. */
async function changeInPlace(record: DeploymentRecord, strategy: Strategy, release: ReleaseRef): Promise<void> {
  const { target, plan, kind } = record.input
  const goal = {
    release,
    scale: keepsScale(record) ? ('keep' as const) : plan.scale,
    rollout: strategy.name === 'rolling' ? strategy.options : ('recreate' as const),
    ...(kind === 'restart' ? { restart: record.state.id } : {}),
  }
  const summary = `${release.id} into the stable slot`
  await record.run('applySlot', { summary }, { target, slot: 'stable', goal, fence: record.nextFence() })
  const ready = { target, slot: 'stable' as const, release, deadlineMs: plan.readyDeadlineMs }
  await record.run('awaitReady', { summary: `${release.id} ready` }, ready)
}

/** Canary and blue-green are workflows of their own: they own the timers and the gates of the promotion. */
async function runStrategy(
  record: DeploymentRecord,
  strategy: Extract<Strategy, { name: 'canary' | 'blue-green' }>,
  release: ReleaseRef,
): Promise<void> {
  const { state, input, claimed } = record
  if (!claimed || !state.previous) throw failureOf(new TidegateError('bug', { detail: 'a strategy before the claim' }))
  const common = {
    workflowId: `${state.id}/${strategy.name}`,
    parentClosePolicy: ParentClosePolicy.TERMINATE,
    cancellationType: ChildWorkflowCancellationType.TRY_CANCEL,
    staticSummary: `${strategy.name} of ${release.id}`,
    ...startVisibly(input.settings.visibility, { ...input.target, version: input.version, strategy: strategy.name }),
  }
  const args = {
    target: input.target,
    settings: input.settings,
    deployment: state.id,
    stable: state.previous,
    candidate: release,
    replicas: wholeSlot(input.plan.scale, claimed.snapshot.replicas, keepsScale(record)),
    plan: pick(input.plan),
    fence: record.nextFence(),
  }
  state.strategyWorkflow = common.workflowId
  const result = await untilEnded(() =>
    strategy.name === 'canary'
      ? startChild<typeof canary>('canary', {
          ...common,
          args: [{ ...args, options: strategy.options } satisfies StrategyInput<unknown>],
        })
      : startChild<typeof blueGreen>('blueGreen', {
          ...common,
          args: [{ ...args, options: strategy.options } satisfies StrategyInput<unknown>],
        }),
  )
  state.strategyWorkflow = null
  record.setGate(null)
  record.evidence.push(...result.evidence)
  claimed.fence = result.fence
  if (result.outcome === 'failed') {
    throw failureOf(
      new TidegateError('strategy.failed', { strategy: strategy.name, reason: result.reason ?? 'unknown' }),
    )
  }
}

/**
 * The result of a strategy's workflow. Its start is out of reach of an abort: a child that is cancelled before the
 * server has answered would neither start nor end, and the deployment would wait for it. It is told once it is there,
 * and not waited for: what it still writes is fenced.
 */
async function untilEnded(
  start: () => Promise<ChildWorkflowHandle<typeof canary | typeof blueGreen>>,
): Promise<StrategyResult> {
  const scope = CancellationScope.current()
  const child = await CancellationScope.nonCancellable(start)
  const stop = () => getExternalWorkflowHandle(child.workflowId).cancel()
  const stopped = scope.cancelRequested.catch((cancelled: unknown) => {
    CancellationScope.nonCancellable(stop).catch(() => undefined)
    throw cancelled
  })
  return Promise.race([child.result(), stopped])
}

/** What a strategy needs of the plan; its own options travel apart. */
const pick = ({ checks, checkPolicy, readyDeadlineMs, traffic }: Plan) => ({
  checks,
  checkPolicy,
  readyDeadlineMs,
  traffic,
})

/** Whether the number of instances stays: a count that nobody asked to change is not written (lesson 18). */
function keepsScale({ input, state }: DeploymentRecord): boolean {
  const { kind, plan } = input
  if (kind === 'rollback' || kind === 'restart') return true
  return kind === 'deploy' && plan.keepScale === true && state.previous !== null
}

/** Instances of a whole slot: what is asked for, but never fewer than an autoscaler has given the stable one. */
export function wholeSlot(scale: Scale, before: number | null, keep: boolean): number {
  if (keep && before !== null) return before
  if ('replicas' in scale) return scale.replicas
  return Math.min(scale.max, Math.max(scale.min, before ?? 0))
}

/** The bake, with the old release still whole; then the promotion of the slot. */
export async function activate(record: DeploymentRecord): Promise<void> {
  const { state, input } = record
  const { release } = state
  const { target, plan } = input
  if (!release || input.kind === 'restore') return
  const beside = state.strategy === 'canary' || state.strategy === 'blue-green'
  if (plan.bakeMs > 0 && input.kind === 'deploy') {
    record.doing(`watching ${release.id} for ${plan.bakeMs / 1000} s`)
    const result = await record.run(
      'analyse',
      { summary: `bake ${release.id}` },
      {
        target,
        slot: beside ? 'candidate' : 'stable',
        release,
        stable: state.previous,
        durationMs: plan.bakeMs,
        checks: plan.checks,
        checkPolicy: plan.checkPolicy,
      },
    )
    record.evidence.push(...result.evidence)
    if (result.verdict === 'fail') fail('strategy.failed', { strategy: 'the bake', reason: result.reason })
    if (result.ask) await askAboutChecks(record, result.reason ?? result.verdict)
  }
  const bad = await unhealthyChecks(record.run, target, plan, 'after-activation')
  if (bad?.action === 'rollback') fail('checks.unhealthy', { when: 'after activation', detail: bad.detail })
  if (bad) await askAboutChecks(record, bad.detail)

  const summary = beside ? `promote ${release.id} to the stable slot` : `confirm ${release.id}`
  if (beside) await record.run('promoteSlot', { summary }, { target, release, fence: record.nextFence() })
  else await record.run('confirmActive', { summary }, { target, release })
}

async function askAboutChecks(record: DeploymentRecord, detail: string): Promise<void> {
  const gate = { name: 'checks', kind: 'question' as const, text: `checks fail: ${detail}` }
  await record.ask({ ...gate, answers: ['promote'] })
}
