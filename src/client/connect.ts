import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client'
import { temporalAddress } from '../connection.ts'
import { TidegateError } from '../errors.ts'
import type { EngineConfig } from '../spec/index.ts'
import { TidegateClient } from './client.ts'
import { asTidegateError } from './errors.ts'

/** gRPC's status code. */
const resourceExhausted = 8

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
    const connection = await Connection.connect({
      ...where.connection,
      address,
      connectTimeout: '5 seconds',
      interceptors: [retryInterceptor],
    })
    return new TidegateClient(new Client({ connection, namespace: where.namespace }), where)
  } catch (error) {
    const known = asTidegateError(error, address)
    throw known instanceof TidegateError
      ? known
      : new TidegateError('temporal.unreachable', { address }, { cause: error })
  }
}

/**
 * As the SDK's own, but soon again where other queries wait at the workflow: the server holds one of them at a time
 * and refuses the next as exhausted, for which the SDK would pause 1.7 s, 2.9 s, 4.9 s (measured at two watchers).
 */
const retryInterceptor = makeGrpcRetryInterceptor(
  defaultGrpcRetryOptions({
    initialIntervalMs: ({ code, details }) =>
      code !== resourceExhausted ? 100 : /query buffer/.test(details) ? 30 : 1_000,
  }),
)
