/** What a deployment waits for before it may move anything: a person's approval, and its turn. */
import { condition, defineSignal, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow'
import { signed } from './decisions.ts'
import type { DeploymentRecord } from './deployment-record.ts'
import { fail } from './failures.ts'
import { readTurn } from './internal-messages.ts'
import { type AskTurn, internalNames, serviceWorkflowId, type Turn } from './messages.ts'

/**
 * Asks again after this long (ms), in case the service workflow was lost and came back without knowing of it; less
 * and less often, so that a queue that is paused for weeks fills no history.
 */
const [askAgainAfter, askAgainAtLeast] = [300_000, 21_600_000]

export async function awaitApproval(record: DeploymentRecord): Promise<void> {
  const { input } = record
  record.enter('awaiting_approval', `waits for approval of ${input.version}`)
  const text = `approval of ${input.version} for ${input.target.environment}`
  const word = await record.ask({ name: 'approval', kind: 'approval', text, answers: ['approve', 'reject'] })
  if (word?.name !== 'reject') return
  fail('decision.rejected', { by: signed(word.decision) })
}

/** Its turn: given at the start where the target was free, otherwise asked of the service workflow. */
export async function awaitTurn(record: DeploymentRecord): Promise<Turn> {
  const { input, state } = record
  if (input.turn) return input.turn
  let turn: Turn | null = null
  setHandler(defineSignal<[unknown]>(internalNames.turn), (payload) => {
    turn ??= readTurn(payload)
  })
  record.enter('pending', 'waits for its turn')
  const { number, version, kind, by, acceptedAt } = input
  const ask: AskTurn = { id: state.id, number, version, kind, by, acceptedAt }
  for (let patience = askAgainAfter; ; patience = Math.min(patience * 2, askAgainAtLeast)) {
    try {
      await getExternalWorkflowHandle(serviceWorkflowId(input.target)).signal(internalNames.askTurn, ask)
    } catch {
      await record.run('wakeService', { summary: 'wake the service workflow' }, { target: input.target, ask })
    }
    await record.uncounted(() => condition(() => turn !== null, patience, { summary: 'its turn' }))
    if (turn) return turn
  }
}
