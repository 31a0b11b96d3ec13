import { getClient } from '@temporalio/activity'
import { type WorkflowExecutionStatusName, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client'
import type { Anchor } from '../platforms/port.ts'
import type { ReleaseRef, Target } from '../spec/model.ts'
import {
  type AskTurn,
  type DeploymentSummary,
  deploymentWorkflowId,
  type EngineSettings,
  internalNames,
  serviceWorkflowId,
  workflowQueue,
} from '../workflows/messages.ts'
import type { ActivityContext } from './context.ts'
import { whileHeartbeating } from './heartbeat.ts'

/** What a service workflow must know of the world before it decides anything. */
export interface Reconciled {
  settings: EngineSettings
  /** What the platform runs as stable. */
  stable: ReleaseRef | null
  anchor: Anchor | null
  /** The deployment that made the last claim, and what became of it. */
  holder: {
    id: string
    number: number
    fate: 'running' | 'ended' | 'died' | 'gone'
    summary: DeploymentSummary | null
  } | null
}

const alive: WorkflowExecutionStatusName[] = ['RUNNING', 'CONTINUED_AS_NEW', 'PAUSED']

export function reconcileActivities({ platform, engine, visibility, notify }: ActivityContext) {
  return {
    /** The anchor, and the fate of the deployment that holds it: the platform is the truth about what runs. */
    async reconcile({ target }: { target: Target }): Promise<Reconciled> {
      const { anchor, slots } = await platform.observe(target)
      const holder = anchor?.engine === engine ? await fateOf(anchor.holder, target) : null
      return {
        settings: { engine, visibility, notify: notify !== undefined },
        stable: slots.stable?.release ?? null,
        anchor,
        holder,
      }
    },

    /** Waits for a deployment that this run of the service workflow did not start; null: it ended without a word. */
    async awaitDeployment({ id }: { id: string }): Promise<DeploymentSummary | null> {
      return whileHeartbeating(async () => {
        try {
          return (await getClient().workflow.getHandle(id).result()) as DeploymentSummary
        } catch (error) {
          if (error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError) return null
          throw error
        }
      })
    },

    /** A deployment asks for its turn where the service workflow has gone: this brings it back. */
    async wakeService({ target, ask }: { target: Target; ask: AskTurn }): Promise<void> {
      await getClient().workflow.signalWithStart('service', {
        workflowId: serviceWorkflowId(target),
        taskQueue: workflowQueue,
        args: [{ target }],
        signal: internalNames.askTurn,
        signalArgs: [ask],
      })
    },
  }
}

/** `died`: it ended without a word, so what it moved may be half done. `gone`: past the namespace's retention. */
async function fateOf(id: string, target: Target): Promise<Reconciled['holder']> {
  const number = Number(id.slice(id.lastIndexOf('/') + 1))
  if (id !== deploymentWorkflowId(target, number)) return null
  const handle = getClient().workflow.getHandle(id)
  try {
    const { status } = await handle.describe()
    if (alive.includes(status.name)) return { id, number, fate: 'running', summary: null }
    if (status.name !== 'COMPLETED') return { id, number, fate: 'died', summary: null }
    return { id, number, fate: 'ended', summary: (await handle.result()) as DeploymentSummary }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { id, number, fate: 'gone', summary: null }
    throw error
  }
}
