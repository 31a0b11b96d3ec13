/** How Temporal is reached: envconfig profiles, the usual TEMPORAL_* variables, and `tidegate.config.yaml` below both. */
import { readFile } from 'node:fs/promises'
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig'
import { readStack } from './home.ts'
import { readReference } from './outside/reference.ts'
import type { EngineConfig } from './spec/index.ts'

export interface TemporalAddress {
  /** As the SDK's connections take it. */
  connection: ClientConnectConfig['connectionOptions']
  namespace: string
  /** For messages. */
  address: string
}

type Configured = EngineConfig['temporal']

/**
 * Profile and variables win over the project's file, as a person's own settings do over a shared one: the file fills
 * in what they leave open. Where nobody says, it is the server of the `tidegate dev` that runs here.
 */
export async function temporalAddress(configured: Configured = {}): Promise<TemporalAddress> {
  const profile = process.env.TEMPORAL_PROFILE ?? configured.profile
  const found = loadClientConnectConfig(profile === undefined ? {} : { profile })
  const connection = { ...found.connectionOptions }
  connection.address ??= configured.address
  if (connection.tls === undefined && configured.tls !== undefined) connection.tls = await tlsOf(configured.tls)
  if (connection.apiKey === undefined && configured.apiKey !== undefined) {
    connection.apiKey = (await readReference(configured.apiKey, 'temporal.apiKey')).value
  }
  const address = connection.address ?? (await readStack())?.temporalAddress ?? 'localhost:7233'
  return {
    connection: { ...connection, address },
    namespace: found.namespace ?? configured.namespace ?? 'default',
    address,
  }
}

async function tlsOf(tls: NonNullable<Configured['tls']>) {
  if (typeof tls === 'boolean') return tls
  const file = async (path: string | undefined) => (path === undefined ? undefined : readFile(path))
  const [ca, crt, key] = await Promise.all([file(tls.ca), file(tls.cert), file(tls.key)])
  return {
    serverNameOverride: tls.serverName,
    serverRootCACertificate: ca,
    clientCertPair: crt && key ? { crt, key } : undefined,
  }
}
