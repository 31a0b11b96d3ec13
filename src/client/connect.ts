import { Client, Connection } from '@temporalio/client'
import { temporalAddress } from '../connection.ts'
import { TidegateError } from '../errors.ts'
import type { EngineConfig } from '../spec/index.ts'
import { TidegateClient } from './client.ts'
import { asTidegateError } from './errors.ts'

export interface ConnectOptions {
  /** The engine's configuration, for where Temporal is when no profile and no variable says. */
  config?: EngineConfig
  /** host:port; wins over everything. */
  address?: string
  namespace?: string
}

/**
 * Connects to Temporal. @throws `temporal.unreachable`, `temporal.denied`
 * @example
 * const tidegate = await connect()
 * for await (const state of tidegate.watch(id)) console.log(state.status, state.doing)
 * await tidegate.close()
 */
export async function connect(options: ConnectOptions = {}): Promise<TidegateClient> {
  const found = await temporalAddress(options.config?.temporal)
  const address = options.address ?? found.address
  const where = { ...found, address, namespace: options.namespace ?? found.namespace }
  try {
    const connection = await Connection.connect({ ...where.connection, address, connectTimeout: '5 seconds' })
    return new TidegateClient(new Client({ connection, namespace: where.namespace }), where)
  } catch (error) {
    const known = asTidegateError(error, address)
    throw known instanceof TidegateError
      ? known
      : new TidegateError('temporal.unreachable', { address }, { cause: error })
  }
}
