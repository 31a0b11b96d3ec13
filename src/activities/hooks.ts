import { TidegateError } from '../errors.ts'
import { idempotencyKey, runHook as run } from '../hooks/run.ts'
import type { Notice } from '../notify/notify.ts'
import type { Hook, Target } from '../spec/model.ts'
import type { ActivityContext } from './context.ts'
import { whileHeartbeating } from './heartbeat.ts'

export interface HookArgs {
  hook: Hook
  target: Target
  deployment: string
  version: string
  previous?: string
  status: string
}

export function hookActivities(context: ActivityContext) {
  return {
    /** One key per deployment and hook, so that a repetition after a crash can be told from a new wish. */
    async runHook({ hook, target, deployment, version, previous, status }: HookArgs): Promise<{ detail: string }> {
      return whileHeartbeating(async (signal) => {
        const key = idempotencyKey(deployment, hook.name)
        const result = await run(
          hook,
          { deployment, ...target, version, previous, stage: hook.at, status, idempotencyKey: key },
          signal,
        )
        if (result.unknown) throw new TidegateError('hook.unknown', { hook: hook.name, detail: result.detail })
        if (!result.ok) throw new TidegateError('hook.failed', { hook: hook.name, detail: result.detail })
        return { detail: result.detail }
      })
    },

    async notify(notice: Notice): Promise<void> {
      await context.notify?.(notice)
    },
  }
}
