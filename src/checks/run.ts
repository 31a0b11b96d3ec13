import { setTimeout as sleep } from 'node:timers/promises'
import type { Check } from '../spec/model.ts'
import { type Attempt, attempt, type CheckPlace } from './actions.ts'

export type { CheckPlace } from './actions.ts'

export interface CheckResult {
  name: string
  ok: boolean
  attempts: number
  /** One line for people, of the last attempt. */
  detail: string
  /** Milliseconds over all attempts and the pauses between them. */
  ms: number
}

export type Health = 'healthy' | 'degraded' | 'unhealthy'

/**
 * Runs a check until it is well or its tries are used up.
 * @throws the signal's reason when that aborts: a cancelled check has no result
 */
export async function runCheck(check: Check, at: CheckPlace, signal?: AbortSignal): Promise<CheckResult> {
  const started = performance.now()
  let last: Attempt = { ok: false, detail: 'it was not tried' }
  let attempts = 0
  while (!last.ok && attempts <= check.retries) {
    if (attempts > 0) await sleep(check.retryDelayMs, undefined, { signal }).catch(() => signal?.throwIfAborted())
    signal?.throwIfAborted()
    attempts++
    last = await attempt(check, at, signal)
  }
  return { name: check.name, ok: last.ok, attempts, detail: last.detail, ms: Math.round(performance.now() - started) }
}

/** All of them at once; results are in the order of the checks. */
export function runChecks(checks: readonly Check[], at: CheckPlace, signal?: AbortSignal): Promise<CheckResult[]> {
  return Promise.all(checks.map((check) => runCheck(check, at, signal)))
}

/** `degraded`: less than half of them fail. No check is no complaint. Pure. */
export function aggregate(results: readonly Pick<CheckResult, 'ok'>[]): Health {
  const failing = results.filter(({ ok }) => !ok).length
  if (failing === 0) return 'healthy'
  return failing * 2 < results.length ? 'degraded' : 'unhealthy'
}
