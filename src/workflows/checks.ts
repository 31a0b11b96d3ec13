import type { CheckPhase, Plan, Target } from '../spec/model.ts'
import type { Run } from './activity-policies.ts'

/**
 * Runs the checks of a phase where there are any. Returns null when it may go on, otherwise what failed and what the
 * spec declares for that: go back, or ask a person.
 */
export async function unhealthyChecks(
  run: Run,
  target: Target,
  plan: Pick<Plan, 'checks' | 'checkPolicy'>,
  phase: CheckPhase,
): Promise<{ action: 'rollback' | 'pause'; detail: string } | null> {
  if (!plan.checks.some((check) => check.when.includes(phase))) return null
  const { health, results } = await run(
    'runChecks',
    { summary: `checks ${phase}` },
    { target, checks: plan.checks, phase },
  )
  if (health === 'healthy') return null
  const action = health === 'degraded' ? plan.checkPolicy.onDegraded : plan.checkPolicy.onUnhealthy
  if (action === 'proceed') return null
  const detail = results.filter((r) => !r.ok).map((r) => `${r.name}: ${r.detail}`)
  return { action, detail: detail.join('; ') }
}
