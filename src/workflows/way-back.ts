/** Going back: to what the snapshot says, until it is so, or until an operator says otherwise. */
import { getExternalWorkflowHandle, isCancellation } from '@temporalio/workflow'
import type { ErrorBody } from '../errors.ts'
import { signed } from './decisions.ts'
import type { DeploymentRecord } from './deployment-record.ts'
import { errorBodyOf, fail, isRetryable } from './failures.ts'
import { runHooks } from './hooks.ts'
import { internalNames, serviceWorkflowId, type Turn } from './messages.ts'
import { tell } from './notices.ts'
import type { Compensation, Saga } from './saga.ts'

/**
 * How long one activity of the way back tries before it says again what it waits for (ms); the last one for ever. The
 * first gives up after a few attempts, so that a platform that is away is shown at once.
 */
const patience = [60_000, 60_000, 300_000, 1_800_000]
const firstAttempts = 4
/** A blocked way back is tried again after this long, word or no word (ms); less often after an hour. */
const blockedRetry = (blocks: number) => (blocks <= 12 ? 300_000 : 3_600_000)

/** Runs the compensations between their hooks. */
export async function goBack(record: DeploymentRecord, saga: Saga, why: string): Promise<'back' | 'superseded'> {
  record.enter('rolling_back', `going back: ${why}`)
  record.state.strategyWorkflow = null
  await tell(record, 'rolling-back')
  if (record.irreversible) await askAboutMigration(record)
  await runHooks(record, 'before-rollback')
  try {
    record.state.incomplete.push(...(await saga.compensate()))
  } catch (error) {
    const { code, message } = errorBodyOf(error)
    if (code !== 'fence.stale' && code !== 'engine.other') throw error
    record.note(message)
    return 'superseded'
  }
  await runHooks(record, 'after-rollback')
  return 'back'
}

/** The one compensation of everything that moves the target; registered before the claim. */
export function restoreTarget(record: DeploymentRecord, turn: Turn): Compensation {
  return { name: 'restore what ran before', run: () => moveBack(record, turn, 1) }
}

/**
 * Moves towards the goal until it is reached. Unreachable platforms are waited for without end; causes that waiting
 * can't cure block, loudly, and ask an operator. Returns what was left undone, or null.
 */
export async function moveBack(record: DeploymentRecord, turn: Turn, epoch: 0 | 1): Promise<string | null> {
  const { input, state } = record
  let step = epoch === 1 ? 0 : 1
  let blocks = 0
  for (let attempt = 0; ; attempt++) {
    try {
      step++
      const progress = await record.run(
        'wayBack',
        {
          summary: 'back to what ran before',
          within: patience[Math.min(attempt, patience.length - 1)],
          attempts: attempt === 0 ? firstAttempts : undefined,
        },
        {
          target: input.target,
          holder: state.id,
          sequence: record.claimed?.fence.sequence ?? turn.sequence,
          claimed: record.claimed !== null,
          epoch,
          step,
          goal: input.goal,
          takeOver: input.takeOver,
        },
      )
      for (const move of progress.moves) record.note(move)
      if (progress.done) return null
      if (progress.waitFor) {
        const { waitFor } = progress
        record.doing(`rolling back (waiting for ${waitFor.id} to be ready)`)
        const args = {
          target: input.target,
          slot: 'stable' as const,
          release: waitFor,
          deadlineMs: input.plan.readyDeadlineMs,
        }
        // Not on the queue of waits: analyses of others may fill that one.
        await record.run('awaitReady', { summary: `${waitFor.id} ready again`, urgent: true }, args)
      }
    } catch (error) {
      if (isCancellation(error)) throw error
      const body = errorBodyOf(error)
      if (body.code === 'fence.stale' || body.code === 'engine.other') fail(body.code, body.facts)
      if (isRetryable(body)) {
        record.doing(`rolling back (waiting for the platform: ${body.message})`)
        record.note(state.doing)
      } else if (await isSkipped(record, body, ++blocks)) {
        return `${input.target.service}: ${body.message}`
      }
    }
  }
}

/**
 * Removes what an earlier deployment left beside the stable slot (its way back was skipped, or forced past), before
 * this one fills a slot. Its own way back leads to the same snapshot.
 */
export async function tidy(record: DeploymentRecord): Promise<void> {
  const { input, state } = record
  const { target } = input
  record.doing('removing what an earlier deployment left')
  for (;;) {
    const { sequence, step } = record.nextFence()
    const args = { target, holder: state.id, sequence, claimed: true, epoch: 0 as const, step }
    const { done, waitFor, moves } = await record.run('wayBack', { summary: state.doing, within: 600_000 }, args)
    for (const move of moves) record.note(move)
    if (done || !waitFor) return
    const ready = { target, slot: 'stable' as const, release: waitFor, deadlineMs: input.plan.readyDeadlineMs }
    await record.run('awaitReady', { summary: `${waitFor.id} ready` }, ready)
  }
}

/** Stops loudly and waits for an operator; goes on by itself after a while, in case the cause has gone. */
async function isSkipped(record: DeploymentRecord, body: ErrorBody, block: number): Promise<boolean> {
  record.state.error = body
  record.enter('rollback_blocked', `the way back is blocked: ${body.message}`)
  const gate = { name: `blocked-${block}`, kind: 'blocked' as const, text: `retry or skip: ${body.message}` }
  const asked = record.ask({ ...gate, answers: ['retry', 'skip'] }, blockedRetry(block))
  await tellService(record, true)
  if (block === 1) await tell(record, 'blocked')
  const word = await asked
  await tellService(record, false)
  record.enter('rolling_back', word ? `${word.name} ${signed(word.decision)}` : 'tries again by itself')
  return word?.name === 'skip'
}

async function askAboutMigration(record: DeploymentRecord): Promise<void> {
  const text =
    'a migration that ran is marked irreversible, so what ran before may not work: retry goes back all the same'
  record.enter('rollback_blocked', text)
  const asked = record.ask({ name: 'irreversible', kind: 'blocked', text, answers: ['retry'] })
  await tellService(record, true)
  await asked
  await tellService(record, false)
  record.enter('rolling_back', 'going back in spite of the migration')
}

async function tellService(record: DeploymentRecord, blocked: boolean): Promise<void> {
  const service = getExternalWorkflowHandle(serviceWorkflowId(record.input.target))
  await service.signal(internalNames.blocked, { number: record.input.number, blocked }).catch(() => undefined)
}
