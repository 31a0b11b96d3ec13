/** Lists from Temporal's visibility: no database is needed. */
import type { Client } from '@temporalio/client'
import type { Target } from '../spec/model.ts'
import type { ServiceState } from '../workflows/messages.ts'

export interface Listed {
  id: string
  startedAt: string
}

/** How many targets are asked at once. */
const atOnce = 10

/** The state of every target, or of those in a place; one that does not answer is left out. @throws where none answers */
export async function listServices(
  client: Client,
  only: Partial<Target>,
  ask: (id: string) => Promise<ServiceState>,
): Promise<ServiceState[]> {
  const ids: string[] = []
  const query = "WorkflowType = 'service' AND ExecutionStatus = 'Running'"
  for await (const { workflowId } of client.workflow.list({ query })) if (isIn(workflowId, only)) ids.push(workflowId)
  const states: ServiceState[] = []
  for (let i = 0; i < ids.length; i += atOnce) {
    const some = await Promise.allSettled(ids.slice(i, i + atOnce).map(ask))
    for (const result of some) if (result.status === 'fulfilled') states.push(result.value)
    // One may just have closed; where none answers, an empty list would be a lie.
    const [first] = some
    if (states.length === 0 && first?.status === 'rejected') throw first.reason
  }
  return states.sort((a, b) => nameOf(a).localeCompare(nameOf(b)))
}

export async function listDeployments(client: Client): Promise<Listed[]> {
  const listed: Listed[] = []
  const query = "WorkflowType = 'deployment' AND ExecutionStatus = 'Running'"
  for await (const { workflowId, startTime } of client.workflow.list({ query })) {
    listed.push({ id: workflowId, startedAt: startTime.toISOString() })
  }
  return listed
}

/** By the id, so that nobody is asked for nothing, with search attributes or without. */
function isIn(id: string, only: Partial<Target>): boolean {
  const [, environment, location, service] = id.split('/')
  const found: Partial<Target> = { environment, location, service }
  return Object.entries(only).every(([part, wanted]) => wanted === undefined || found[part as keyof Target] === wanted)
}

const nameOf = ({ target }: ServiceState) => `${target.service}/${target.environment}/${target.location}`
