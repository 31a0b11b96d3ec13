import type { Client } from '@temporalio/client'
import { TidegateError } from '../errors.ts'
import { workflowQueue } from '../workflows/messages.ts'

/** A worker that has nothing to do asks again at least once a minute. */
const within = 90_000
const types = { workflow: 1, activity: 2 }

/** Whether a worker has asked for work of a queue lately. */
export async function isPolled(client: Client, queue: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue },
    taskQueueType: queue === workflowQueue ? types.workflow : types.activity,
  })
  const seen = (pollers ?? []).map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000)
  return seen.some((at) => Date.now() - at < within)
}

/** Until a worker that has just been started asks for work. @throws `worker.absent` after so long (ms) */
export async function awaitPoller(client: Client, queue: string, withinMs: number): Promise<void> {
  const until = Date.now() + withinMs
  while (!(await isPolled(client, queue))) {
    if (Date.now() > until) throw new TidegateError('worker.absent', { queue })
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
