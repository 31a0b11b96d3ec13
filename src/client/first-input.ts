import type { Client } from '@temporalio/client'
import { defaultPayloadConverter } from '@temporalio/common'

/** What a workflow was started with, from the first event of its history: no worker is needed. */
export async function firstInput<T>(client: Client, workflowId: string): Promise<T | null> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId },
    maximumPageSize: 1,
  })
  const [payload] = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? []
  return payload ? defaultPayloadConverter.fromPayload<T>(payload) : null
}
