/** Which service, environment, location and deployment a command is about. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TidegateClient } from '../client/index.ts'
import { parseDeploymentId } from '../client/past.ts'
import { TidegateError } from '../errors.ts'
import { homeDirectory } from '../home.ts'
import { createLocalPlatform } from '../platforms/local/platform.ts'
import type { Platform } from '../platforms/port.ts'
import { readDocument } from '../spec/document.ts'
import { type EngineConfig, loadConfig, locationsOf, specFiles, type Target } from '../spec/index.ts'
import type { DecisionName } from '../workflows/messages.ts'
import { openGate } from './live-view.ts'
import type { Options } from './options.ts'

export interface Addressed {
  config: EngineConfig
  target: Target
  /** Where a deployment's id or a number was given. */
  number?: number
}

/** A service by name, a deployment by id, or neither: then it is the service of the spec. */
export async function address(options: Options, named: string | undefined): Promise<Addressed> {
  const config = await loadConfig({ file: options.config })
  const deployment = named === undefined ? null : parseDeploymentId(named)
  if (deployment) return { config, ...deployment }
  if (named?.includes('/'))
    throw wrong(`${named} is not the id of a deployment`, 'They look like deployment/production/host/shop/3.')
  const service = named ?? (await serviceOfSpec(options.file))
  return { config, target: { service, ...placeOf(config, options) }, number: numberOf(options.number) }
}

/** The spec's `service:` alone: while one person edits the rest, another may have to abort. */
async function serviceOfSpec(file: string | undefined): Promise<string> {
  const found = file ?? specFiles.find((name) => existsSync(name))
  if (found === undefined || !existsSync(found)) {
    throw wrong(
      `No service is named, and there is no ${found ?? 'tidegate.yaml'} here`,
      'Name the service: `tidegate list` shows them.',
    )
  }
  const { value } = await readDocument(found, process.cwd())
  const service = (value as { service?: unknown } | null)?.service
  if (typeof service === 'string' && service !== '') return service
  throw wrong(`${found} names no service`, 'Name it here, or write `service:` into the spec.')
}

/** Environment and location, with the configuration's defaults. */
export function placeOf(config: EngineConfig, options: Options): Pick<Target, 'environment' | 'location'> {
  const environment = options.environment ?? config.defaultEnvironment
  const location = options.location ?? locationsOf(config, environment)[0] ?? 'host'
  if (config.locations[location]) return { environment, location }
  throw wrong(`There is no location ${location}`, `The configuration has: ${Object.keys(config.locations).join(', ')}.`)
}

/**
 * The deployment that is meant: by number; otherwise, of those that have not ended, the one with a gate that the
 * decision answers; otherwise the one that runs or came last.
 */
export async function deploymentMeant(
  client: TidegateClient,
  { target, number }: Addressed,
  decision?: DecisionName,
): Promise<string> {
  if (number !== undefined || decision === undefined) return client.deploymentOf(target, number)
  const { running, queue } = await client.service(target)
  const alive = [...(running ? [running] : []), ...queue]
  if (alive.length > 1) {
    for (const { id } of alive) {
      const state = await client.state(id).catch(() => null)
      if (state && openGate(state)?.answers.includes(decision)) return id
    }
  }
  return alive[0]?.id ?? client.deploymentOf(target)
}

/** The platform of a location, as this machine reaches it. */
export function platformOf(config: EngineConfig, location: string): Platform {
  const dir = config.locations[location]?.agent ?? join(homeDirectory(), 'agent')
  return createLocalPlatform({ dir })
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^#?[1-9]\d{0,8}$/.test(text)) return Number(text.replace('#', ''))
  throw wrong(`--number is ${text}`, 'It is a number such as 3; see `tidegate history`.')
}

export const wrong = (detail: string, remedy: string) => new TidegateError('input.invalid', { detail, remedy })
