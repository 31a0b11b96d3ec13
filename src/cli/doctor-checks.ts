/** What Tidegate needs, one check each. A check never throws: what is wrong is its answer. */
import { join } from 'node:path'
import semver from 'semver'
import { connect, type TidegateClient } from '../client/index.ts'
import { isPolled } from '../client/pollers.ts'
import { TidegateError } from '../errors.ts'
import { homeDirectory } from '../home.ts'
import { type EngineConfig, loadConfig, loadSpec, SpecError, specFiles } from '../spec/index.ts'
import { effectsQueue, searchAttributeNames, waitingQueue, workflowQueue } from '../workflows/messages.ts'
import { platformOf } from './address.ts'
import { known } from './failure.ts'
import type { Options } from './options.ts'

export interface Checked {
  name: string
  /** `unknown`: could not be checked, because something before it is wrong. */
  state: 'ok' | 'wrong' | 'unknown'
  detail: string
  /** How to mend it. */
  remedy?: string
  /** Exit code where it is wrong. */
  exit?: number
}

const oldestNode = '>=22.19'

export async function runChecks(options: Options): Promise<Checked[]> {
  const checks: Checked[] = [checkNode()]
  const config = await attempt(
    'configuration',
    () => loadConfig({ file: options.config }),
    (c) => c.file ?? 'defaults: there is no file',
  )
  const spec = await checkSpec(options)
  checks.push(config.checked, spec)
  const engine = config.value
  const connected = engine
    ? await attempt(
        'Temporal',
        () => connect({ ...options, config: engine }),
        (client) => `${client.address}, namespace ${client.namespace}`,
      )
    : { checked: unknown('Temporal'), value: null }
  checks.push(connected.checked)
  const location = options.location ?? Object.keys(engine?.locations ?? {})[0] ?? 'host'
  if (connected.value) checks.push(...(await checkServer(connected.value, location)))
  else checks.push(unknown('namespace'), unknown('search attributes'), unknown('worker'))
  checks.push(engine ? await checkPlatform(engine, location) : unknown('platform'))
  await connected.value?.close()
  return checks
}

const unknown = (name: string): Checked => ({ name, state: 'unknown', detail: 'not checked: mend what is above first' })

async function attempt<T>(
  name: string,
  work: () => Promise<T>,
  tell: (value: T) => string,
): Promise<{ checked: Checked; value: T | null }> {
  try {
    const value = await work()
    return { checked: { name, state: 'ok', detail: tell(value) }, value }
  } catch (error) {
    return { checked: failed(name, error), value: null }
  }
}

function failed(name: string, thrown: unknown): Checked {
  const error = known(thrown)
  const detail = error instanceof SpecError ? `${error.message}\n${error.format()}` : error.message
  return { name, state: 'wrong', detail, remedy: error.remedy, exit: error.row.exit }
}

function checkNode(): Checked {
  const detail = `${process.version}, needs ${oldestNode}`
  if (semver.satisfies(process.version, oldestNode)) return { name: 'Node', state: 'ok', detail }
  return { name: 'Node', state: 'wrong', detail, remedy: 'Install a newer Node.js: nodejs.org', exit: 3 }
}

/** A folder without a spec is well: commands can name a service. */
async function checkSpec({ file }: Options): Promise<Checked> {
  try {
    const { spec, file: found } = await loadSpec({ file })
    return { name: 'spec', state: 'ok', detail: `${found}: ${spec.service}` }
  } catch (error) {
    const absent = error instanceof TidegateError && error.code === 'spec.not-found' && file === undefined
    if (!absent) return failed('spec', error)
    return {
      name: 'spec',
      state: 'ok',
      detail: `none of ${specFiles.slice(0, 2).join(', ')}, … is here; \`tidegate init\` writes one`,
    }
  }
}

async function checkServer(client: TidegateClient, location: string): Promise<Checked[]> {
  const { namespace, temporal } = client
  const described = await attempt(
    'namespace',
    () => temporal.workflowService.describeNamespace({ namespace }),
    ({ config }) =>
      `${namespace}, keeps closed workflows for ${Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 3600} h`,
  )
  return [described.checked, await checkAttributes(client), await checkWorker(client, location)]
}

async function checkAttributes({ temporal, namespace }: TidegateClient): Promise<Checked> {
  const name = 'search attributes'
  const wanted = Object.values(searchAttributeNames)
  const listed = await temporal.connection.operatorService.listSearchAttributes({ namespace }).catch(() => null)
  const missing = wanted.filter((wish) => !(wish in (listed?.customAttributes ?? {})))
  if (missing.length === 0) return { name, state: 'ok', detail: `${wanted.length} registered` }
  const flags = missing.map((wish) => `--name ${wish} --type Keyword`).join(' ')
  return {
    name,
    state: 'wrong',
    detail: `${missing.length} of ${wanted.length} are not registered: the memo is used, and lists cannot be filtered by them`,
    remedy: `temporal operator search-attribute create --namespace ${namespace} ${flags}\nTemporal Cloud: tcld namespace search-attributes add --namespace ${namespace} ${missing.map((wish) => `--sa "${wish}=Keyword"`).join(' ')}`,
    exit: 3,
  }
}

async function checkWorker({ temporal }: TidegateClient, location: string): Promise<Checked> {
  const queues = [workflowQueue, effectsQueue(location), waitingQueue(location)]
  const polled = await Promise.all(queues.map((queue) => isPolled(temporal, queue).catch(() => false)))
  const absent = queues.filter((_, i) => !polled[i])
  if (absent.length === 0) return { name: 'worker', state: 'ok', detail: `asks for work of ${location}` }
  const { message, remedy, row } = new TidegateError('worker.absent', { queue: absent.join(', ') })
  return { name: 'worker', state: 'wrong', detail: message, remedy, exit: row.exit }
}

async function checkPlatform(config: EngineConfig, location: string): Promise<Checked> {
  const platform = platformOf(config, location)
  const dir = config.locations[location]?.agent ?? join(homeDirectory(), 'agent')
  const { checked } = await attempt(
    'platform',
    () => platform.targets(),
    (targets) => `${platform.name} at ${dir}: ${targets.length} targets`,
  )
  return checked
}
