import { sleep } from '@temporalio/workflow'
import type { Target } from '../spec/model.ts'
import type { RestoreGoal } from '../strategies/restore.ts'
import type { Run } from './activity-policies.ts'
import { deploymentWorkflowId } from './messages.ts'
import { planWith, rollbackStrategy } from './rollback-plan.ts'
import { conclude, queued, type ServiceMemory, setStable } from './service-memory.ts'

/**
 * Brings the memory up to what the platform says. Follows a deployment that is found running, and answers one that
 * died half way with a `restore` to the snapshot that its claim left on the anchor.
 */
export async function reconcileWith(
  memory: ServiceMemory,
  run: Run,
  target: Target,
  /** Where a restore that died was leading: its own claim saw what was already broken. */
  goal?: RestoreGoal,
): Promise<void> {
  const found = await untilAnswered(() => run('reconcile', { summary: `look at ${target.service}` }, { target }))
  const { anchor, holder } = found
  memory.settings = found.settings
  memory.sequence = Math.max(memory.sequence, anchor?.fence.sequence ?? 0)
  if (memory.releases.length === 0 && anchor) memory.releases = [...anchor.releases].reverse()
  if (holder) memory.nextNumber = Math.max(memory.nextNumber, holder.number + 1)
  const waits = queued(memory).some((entry) => !entry.priority)
  if (anchor?.direct && anchor.holder.startsWith('direct/') && waits) {
    memory.queuePaused = `${anchor.direct.by} went back to ${anchor.direct.release.id} with rollback --direct`
  }
  const known = holder && memory.entries.find((entry) => entry.number === holder.number)

  if (holder?.fate === 'running' && !known) {
    const acceptedAt = anchor?.snapshot?.takenAt ?? ''
    const input = {
      target,
      number: holder.number,
      kind: 'deploy' as const,
      version: '?',
      by: '?',
      acceptedAt,
      release: null,
    }
    memory.entries.push({
      id: holder.id,
      number: holder.number,
      phase: 'running',
      input: { ...input, plan: planWith(memory.plan, rollbackStrategy('immediate')) },
      onFailure: 'pause-queue',
      priority: false,
      found: true,
    })
  }
  if (holder?.fate === 'ended' && holder.summary && !known) conclude(memory, holder.summary, null)
  if (holder?.fate === 'died' && anchor?.snapshot && !known) {
    queueRestore(memory, target, goal ?? anchor.snapshot, holder.id)
  } else if (holder?.fate !== 'running') {
    if (found.stable) setStable(memory, found.stable, false)
    else memory.stable = null
  }
}

function queueRestore(memory: ServiceMemory, target: Target, goal: RestoreGoal, dead: string): void {
  if (memory.entries.some((entry) => entry.input.kind === 'restore')) return
  const number = memory.nextNumber++
  memory.entries.push({
    id: deploymentWorkflowId(target, number),
    number,
    phase: 'waiting',
    input: {
      target,
      number,
      kind: 'restore',
      version: goal.release?.version ?? 'nothing',
      by: 'tidegate',
      reason: `${dead} ended without a word`,
      acceptedAt: new Date(Date.now()).toISOString(),
      release: goal.release,
      goal: { release: goal.release, replicas: goal.replicas, scale: goal.scale },
      plan: planWith(memory.plan, rollbackStrategy('immediate')),
    },
    onFailure: 'pause-queue',
    priority: true,
  })
}

/** The platform may be away for days; nothing is decided without it. It is asked less and less often (ms). */
const mostBetweenAsking = 300_000

async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (let wait = 5_000; ; wait = Math.min(wait * 2, mostBetweenAsking)) {
    try {
      return await ask()
    } catch {
      await sleep(wait, { summary: 'the platform does not answer' })
    }
  }
}
