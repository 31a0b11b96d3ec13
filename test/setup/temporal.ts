/** The run's Temporal server and workflow bundle, for a test file. */

import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { inject } from 'vitest'

function provided(name: 'temporalAddress' | 'temporalCli' | 'workflowBundle'): string {
  const value = inject(name)
  if (!value) throw new Error('This test needs Temporal: its folder belongs into `live` in vitest.config.ts')
  return value
}

export const temporalAddress = () => provided('temporalAddress')
export const temporalCli = () => provided('temporalCli')
/** Give it to `Worker.create` as `workflowBundle: { codePath: bundlePath() }`. */
export const bundlePath = () => provided('workflowBundle')

/** A client on the run's server. Close the connection in `afterAll`. */
export async function connect(): Promise<{ client: Client; connection: Connection; address: string }> {
  const address = temporalAddress()
  const connection = await Connection.connect({ address })
  return { client: new Client({ connection }), connection, address }
}

/** A name that no other test has: for services, locations and task queues, since the server is shared. */
export const unique = (prefix: string) => `${prefix}-${randomUUID().slice(0, 8)}`
