import { isCancellation } from '@temporalio/workflow'
import type { Hook, StageName } from '../spec/model.ts'
import type { DeploymentRecord } from './deployment-record.ts'
import { errorBodyOf } from './failures.ts'

export type Hooked = <T>(stage: StageName, work: () => Promise<T>) => Promise<T>

/** Answers that leave no doubt about whether a hook did its work. */
const certain: readonly string[] = ['hook.failed', 'input.invalid']

/** Beyond a hook's own time-out (ms), and how long a hook is tried again at least. */
const [hookGrace, hookRetries] = [60_000, 3_600_000]

/** Runs a stage between its hooks. */
export async function withHooks<T>(record: DeploymentRecord, stage: StageName, work: () => Promise<T>): Promise<T> {
  await holdWhilePaused(record)
  await runHooks(record, `before-${stage}`)
  const result = await work()
  await runHooks(record, `after-${stage}`)
  return result
}

/** The hooks of a point, in the order in which they are declared. */
export async function runHooks(record: DeploymentRecord, at: Hook['at']): Promise<void> {
  for (const hook of record.input.plan.hooks) if (hook.at === at) await runOne(record, hook)
}

async function runOne(record: DeploymentRecord, hook: Hook): Promise<void> {
  const { state, input } = record
  const args = {
    hook,
    target: input.target,
    deployment: state.id,
    version: input.version,
    previous: state.previous?.version,
    status: state.status,
  }
  if (hook.irreversible) record.irreversible = true
  for (;;) {
    try {
      const { detail } = await record.run(
        'runHook',
        {
          summary: `hook ${hook.name}`,
          attempts: hook.once ? 1 : undefined,
          // It ends itself at its own time-out; this is for a worker that hangs.
          lasts: hook.timeoutMs + hookGrace,
          within: Math.max(hookRetries, 2 * (hook.timeoutMs + hookGrace)),
        },
        args,
      )
      return record.note(`hook ${hook.name}: ${detail}`)
    } catch (error) {
      if (isCancellation(error)) throw error
      const body = errorBodyOf(error)
      if (hook.once && !certain.includes(body.code)) {
        if (await retryUnknown(record, hook)) continue
        return
      }
      if (hook.onFailure === 'warn' || hook.at.endsWith('rollback')) return record.note(`warning: ${body.message}`)
      throw error
    }
  }
}

/** A hook that may be tried once, and whose answer was lost: only a person can know. */
async function retryUnknown(record: DeploymentRecord, hook: Hook): Promise<boolean> {
  const text = `whether the hook ${hook.name} ran is unknown: retry runs it again, skip takes it as done`
  const word = await record.ask({ name: `hook-${hook.name}`, kind: 'question', text, answers: ['retry', 'skip'] })
  return word?.name === 'retry'
}

/** A pause takes effect between stages; inside a strategy it is the strategy's own. */
async function holdWhilePaused(record: DeploymentRecord): Promise<void> {
  while (record.state.paused && !record.state.strategyWorkflow) {
    await record.ask({ name: 'paused', kind: 'paused', text: 'resume', answers: ['resume'] })
  }
}
