/** A person's word: an update with an answer, or, where nobody answers, a durable signal with the same id. */
import { randomUUID } from 'node:crypto'
import type { Client } from '@temporalio/client'
import { TidegateError } from '../errors.ts'
import {
  type Decision,
  type DecisionName,
  type DecisionResult,
  type DeploymentState,
  workflowQueue,
} from '../workflows/messages.ts'
import { answerDeadline } from './calls.ts'
import { isTimeout } from './errors.ts'

/** Those that must not be lost while no worker is there. */
const durable: readonly DecisionName[] = ['abort', 'approve', 'reject']

export interface Decided extends DecisionResult {
  /** `signal`: it is recorded, and counts as soon as a worker is there. */
  delivery: 'update' | 'signal'
}

/**
 * Sends a decision about a deployment. Without a gate it means the one that is open in `state`; `state` is null where
 * nobody answered when it was asked for, and then nobody is waited for again.
 */
export async function decide(
  client: Client,
  deployment: string,
  name: DecisionName,
  given: Decision,
  state: DeploymentState | null,
): Promise<Decided> {
  const decision: Decision = { ...given, id: given.id ?? randomUUID() }
  const open = state?.gate
  if (decision.gate === undefined && open?.answers.includes(name)) decision.gate = open.name
  const handle = client.workflow.getHandle(deployment)
  const recorded = async (): Promise<Decided> => {
    if (!durable.includes(name)) throw new TidegateError('worker.absent', { queue: workflowQueue })
    await client.connection.withDeadline(Date.now() + answerDeadline, () => handle.signal(name, decision))
    const message = 'No worker answered: it is recorded, and counts as soon as one is there.'
    return { deployment, status: state?.status ?? 'pending', message, delivery: 'signal' }
  }
  if (!state) return recorded()
  try {
    // Called inside: the deadline holds for calls that begin there.
    const update = () =>
      handle.executeUpdate<DecisionResult, [Decision]>(name, { args: [decision], updateId: decision.id })
    return { ...(await client.connection.withDeadline(Date.now() + answerDeadline, update)), delivery: 'update' }
  } catch (error) {
    if (!isTimeout(error)) throw error
    return recorded()
  }
}
