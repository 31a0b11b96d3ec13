import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type ConfigFile, configSchema, type notifyEvents } from './config-schema.ts'
import { checkMerged } from './consistency.ts'
import { readDocument, type SourceDocument } from './document.ts'
import { parseDuration } from './duration.ts'
import { documentSource, type Layer, merge } from './layers.ts'
import { normalize } from './normalize.ts'
import { inOrder, type Problem, SpecError } from './problems.ts'
import { check, nearest } from './zod-problems.ts'

export const configFiles = ['tidegate.config.yaml', 'tidegate.config.yml', 'tidegate.config.json', 'tidegate.config.ts']

export type NotifyEvent = (typeof notifyEvents)[number]
export type Notify = { kind: 'webhook' | 'slack'; url: string; events: NotifyEvent[] }

export interface EnvironmentConfig {
  /** True: a person must approve, whatever the spec says. */
  approval: boolean
  locations: string[]
}

export interface LocationConfig {
  platform: 'local'
  /** The agent's state directory (absolute), where it is not the working directory's. */
  agent?: string
}

/** The engine's configuration with its defaults. Secrets are references: `env:NAME`, `file:path`. */
export interface EngineConfig {
  /** As messages name it; null where there is no file. */
  file: string | null
  temporal: NonNullable<ConfigFile['temporal']>
  environments: Readonly<Record<string, EnvironmentConfig>>
  defaultEnvironment: string
  locations: Readonly<Record<string, LocationConfig>>
  policy: {
    whenBusy: 'queue' | 'supersede' | 'replace' | 'refuse'
    onFailure: 'pause-queue' | 'continue-queue'
    gradualPauseMs: number
  }
  retention: { releases: number }
  notify: Notify[]
  /** What an environment's entry says about specs, below the spec itself. */
  layers: Readonly<Record<string, Layer>>
}

const heardOf: NotifyEvent[] = [
  'awaiting_approval',
  'active',
  'rolled_back',
  'rollback_blocked',
  'failed',
  'aborted',
  'rejected',
]

/** The location that is meant when none is named: the first. */
export function defaultLocation(config: EngineConfig): string {
  return Object.keys(config.locations)[0] ?? 'host'
}

/** Locations of an environment: its own, or the default one. */
export function locationsOf(config: EngineConfig, environment: string): string[] {
  return config.environments[environment]?.locations ?? [defaultLocation(config)]
}

/**
 * Reads `tidegate.config.yaml`; without a file, everything has its default.
 * @throws SpecError with every problem; code `spec.not-found` where a named file is absent
 */
export async function loadConfig(options: { cwd?: string; file?: string } = {}): Promise<EngineConfig> {
  const cwd = options.cwd ?? process.cwd()
  const file = options.file ?? configFiles.find((name) => existsSync(join(cwd, name)))
  if (file === undefined) return configOf({}, null, cwd, {})
  if (!existsSync(resolve(cwd, file))) {
    const problem = { file, path: '(root)', found: 'no such file', expected: 'a configuration' }
    throw new SpecError(file, [problem], 'spec.not-found')
  }
  const document = await readDocument(file, cwd)
  // An empty file, or one of comments only, says nothing.
  if (document.value === null) return configOf({}, document.file, cwd, {})
  const checked =
    document.problems.length > 0 && document.value === undefined ? null : check(configSchema, { document })
  const problems = [...document.problems, ...(checked?.problems ?? [])]
  const layers: Record<string, Layer> = {}
  if (checked?.value != null) {
    problems.push(...checkNames(checked.value, document))
    for (const [name, environment] of Object.entries(checked.value.environments ?? {})) {
      const source = documentSource(document)
      const normal = normalize({ strategy: environment.strategy }, ['environments', name], source)
      layers[name] = { source, entries: normal.entries }
      problems.push(...normal.problems, ...checkMerged(merge([layers[name]])))
    }
  }
  if (problems.length > 0) throw new SpecError(document.file, inOrder(problems))
  return configOf(checked?.value ?? {}, document.file, document.directory, layers)
}

function checkNames(file: ConfigFile, document: SourceDocument): Problem[] {
  const source = documentSource(document)
  const environments = Object.entries(file.environments ?? {})
  const locations = Object.keys(file.locations ?? { host: {} })
  const foreign = Object.entries(file.locations ?? {}).flatMap(([name, { platform }]) =>
    platform === 'local'
      ? []
      : [source.problem(['locations', name, 'platform'], 'local: this build has no other platform yet', platform)],
  )
  const unknown = environments.flatMap(([name, { locations: named }]) =>
    (named ?? []).flatMap((location, index) => {
      if (locations.includes(location)) return []
      const at = ['environments', name, 'locations', index]
      const suggestion = nearest(location, locations)
      const problem = source.problem(at, `a declared location: ${locations.join(', ')}`, location)
      return [suggestion === undefined ? problem : { ...problem, suggestion }]
    }),
  )
  const defaults = environments.filter(([, environment]) => environment.default === true)
  const doubles = defaults
    .slice(1)
    .map(([name]) => source.problem(['environments', name, 'default'], 'only one default environment', true))
  return [...foreign, ...unknown, ...doubles]
}

function configOf(
  file: ConfigFile,
  name: string | null,
  directory: string,
  layers: Record<string, Layer>,
): EngineConfig {
  const declared = Object.entries(file.locations ?? {}).map(([location, said]): [string, LocationConfig] => {
    const agent = said.platform === 'local' ? said.agent : undefined
    return [location, { platform: 'local', ...(agent !== undefined && { agent: resolve(directory, agent) }) }]
  })
  const locations = declared.length > 0 ? declared : [['host', { platform: 'local' }] as [string, LocationConfig]]
  const first = locations[0]?.[0] ?? 'host'
  const environments = Object.entries(file.environments ?? {})
  return {
    file: name,
    temporal: file.temporal ?? {},
    environments: Object.fromEntries(
      environments.map(([environment, said]) => [
        environment,
        { approval: said.approval === true, locations: said.locations ?? [first] },
      ]),
    ),
    defaultEnvironment: environments.find(([, said]) => said.default === true)?.[0] ?? 'development',
    locations: Object.fromEntries(locations),
    policy: {
      whenBusy: file.policy?.whenBusy ?? 'queue',
      onFailure: file.policy?.onFailure ?? 'pause-queue',
      gradualPauseMs: parseDuration(file.policy?.gradualPause ?? '30s') ?? 30_000,
    },
    retention: { releases: file.retention?.releases ?? 5 },
    notify: (file.notify ?? []).map((said) => ({
      kind: 'slack' in said ? 'slack' : 'webhook',
      url: 'slack' in said ? said.slack : said.webhook,
      events: said.events ?? heardOf,
    })),
    layers,
  }
}
