import { TidegateError } from '../errors.ts'
import { type ArtifactRequest, buildArtifact } from './build-artifact.ts'
import { buildChecks, buildHooks } from './build-checks.ts'
import { buildStrategy } from './build-strategy.ts'
import { buildWorkload, msAt } from './build-workload.ts'
import type { PlatformFacts } from './capabilities.ts'
import { carryArtifact, carryPlan } from './carry.ts'
import { defaultLocation, type EngineConfig } from './config.ts'
import { checkMerged } from './consistency.ts'
import { builtInEnvironments, defaultEntries, defaultStrategy } from './defaults.ts'
import { formatDuration } from './duration.ts'
import { type Entry, type Layer, type Leaves, merge, namedSource } from './layers.ts'
import type { LoadedSpec } from './load.ts'
import type { CheckPolicy, Plan, Scale, Target, Workload } from './model.ts'
import { type Overrides, overrideLayers } from './overrides.ts'
import { inOrder, type Problem, SpecError } from './problems.ts'
import { checkSize, largestPlan } from './size.ts'
import { type FoundVersion, findVersion } from './version.ts'
import { nearest } from './zod-problems.ts'

/** A value and who said it: `tidegate.yaml:12`, `--image`, `default for production`. */
export interface Origin {
  /** In the normal form: `strategy.steps`, `workload.env.LOG_LEVEL`. */
  path: string
  value: unknown
  from: string
}

export interface ResolveInput {
  spec: LoadedSpec
  config: EngineConfig
  /** The default environment of the config where absent. */
  environment?: string
  /** The environment's first location where absent. */
  location?: string
  overrides?: Overrides
  platform: PlatformFacts
  /** Where relative paths of flags start. */
  cwd?: string
}

export interface ResolvedSpec {
  target: Target
  version: string
  artifact: ArtifactRequest
  workload: Workload
  plan: Plan
  /** Where every value came from, the defaults among them. */
  origins: Origin[]
  /** What a person should know before it starts. */
  notes: string[]
}

/**
 * What a spec means in one environment and location of a platform. Pure.
 * @throws SpecError with all that does not fit together, overlays and flags included
 * @throws `strategy.unsupported`, `artifact.unsupported` where the platform can't carry it
 * @throws `input.too-large` where the plan would not fit
 */
export function resolve(input: ResolveInput): ResolvedSpec {
  const { spec, config, platform } = input
  const cwd = input.cwd ?? spec.directory
  const environment = input.environment ?? config.defaultEnvironment
  knownEnvironment(environment, spec, config)
  if (input.location !== undefined) knownLocation(input.location, config)
  const location = input.location ?? config.environments[environment]?.locations[0] ?? defaultLocation(config)

  const flags = overrideLayers(input.overrides ?? {}, cwd)
  const own = [
    config.layers[environment],
    spec.base,
    spec.overlays[environment],
    ...flags.layers,
    approvalLayer(config, environment),
  ]
  const said = merge(own.filter((layer) => layer !== undefined))
  const contradictions = checkMerged(said)
  const found = findVersion(said, spec.packageVersion)
  const missing = checkComplete(said, found, spec)
  const problems: Problem[] = [...flags.problems, ...contradictions, ...missing]
  if (problems.length > 0 || found === null) throw new SpecError(spec.file, inOrder(problems))

  const { leaves, notes } = withDefaults(said, environment, platform, cwd)
  const late = [...checkMerged(leaves), ...checkDeadline(leaves)]
  const artifact = buildArtifact(leaves, found)
  late.push(...artifact.problems)
  if (late.length > 0) throw new SpecError(spec.file, inOrder(late))

  const plan = buildPlan(leaves, platform, notes)
  carryArtifact(artifact.artifact.kind, platform)
  notes.push(...carryPlan(plan, platform))
  checkSize('The plan', plan, largestPlan, 'Shorten its checks, hooks and steps; put long scripts into files.')
  return {
    target: { service: spec.spec.service, environment, location },
    version: found.version,
    artifact: artifact.artifact,
    workload: buildWorkload(leaves),
    plan,
    origins: originsOf(leaves, found, spec),
    notes,
  }
}

function knownEnvironment(environment: string, spec: LoadedSpec, config: EngineConfig): void {
  const known = [
    ...new Set([...builtInEnvironments, ...Object.keys(config.environments), ...Object.keys(spec.overlays)]),
  ]
  if (known.includes(environment)) return
  const meant = nearest(environment, known)
  const hint = meant === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${meant}?`
  throw new TidegateError('input.invalid', {
    detail: `There is no environment ${environment}`,
    remedy: `${hint} A new one is declared under \`environments:\` in ${spec.file} or in tidegate.config.yaml.`,
  })
}

function knownLocation(location: string, config: EngineConfig): void {
  const known = Object.keys(config.locations)
  if (known.includes(location)) return
  const remedy = `Known are ${known.join(', ')}; others are declared under \`locations:\` in tidegate.config.yaml.`
  throw new TidegateError('input.invalid', { detail: `There is no location ${location}`, remedy })
}

/** An approval that the configuration asks for is above everything: neither a spec nor a flag takes it away. */
function approvalLayer(config: EngineConfig, environment: string): Layer | undefined {
  const layer = config.layers[environment]
  if (layer === undefined || config.environments[environment]?.approval !== true) return undefined
  const at = ['environments', environment, 'approval']
  return { source: layer.source, entries: [{ path: 'approval', value: true, at }] }
}

/** What must be there and may come from any layer. */
function checkComplete(leaves: Leaves, found: FoundVersion | null, spec: LoadedSpec): Problem[] {
  const absent = (path: string, expected: string) => spec.base.source.problem(path.split('.'), expected, undefined)
  const kind = leaves.get('artifact.kind')?.value
  return [
    ...(found === null
      ? [absent('version', '`version: 1.0.0`, --version, or a package.json beside it that has one')]
      : []),
    ...(kind === undefined
      ? [absent('artifact', 'a folder such as ./app, or one of npm, archive, image, manifests')]
      : []),
    ...((kind === 'path' || kind === 'archive') && !leaves.has('workload.command')
      ? [absent('command', 'the command that starts it, such as `node server.js`')]
      : []),
  ]
}

function withDefaults(said: Leaves, environment: string, platform: PlatformFacts, cwd: string) {
  const notes: string[] = []
  const layer = (name: string, entries: Entry[]): Layer => ({ source: namedSource(name, cwd), entries })
  const user: Layer[] = [...said].map(([path, { source, at, value }]) => ({ source, entries: [{ path, value, at }] }))
  const first: Layer[] = []
  if (!said.has('traffic')) first.push(layer('default', [{ path: 'traffic', value: 'http', at: ['traffic'] }]))
  if (!said.has('strategy.name')) {
    const traffic = said.get('traffic')?.value !== 'none'
    const { name, why } = defaultStrategy(environment, platform.capabilities, traffic)
    first.push(layer(`default for ${environment}`, [{ path: 'strategy.name', value: name, at: ['strategy'] }]))
    if (why !== null) notes.push(`${environment} gets ${name} here: ${why}.`)
  }
  const named = merge([...user, ...first])
  const leaves = merge([...user, ...first, layer('default', defaultEntries(named, environment))])
  return { leaves, notes }
}

function buildPlan(leaves: Leaves, platform: PlatformFacts, notes: string[]): Plan {
  const traffic = leaves.get('traffic')?.value !== 'none'
  const strategy = buildStrategy(leaves, traffic && platform.capabilities.traffic)
  return {
    strategy,
    scale: scaleFor(leaves.get('replicas')?.value as Scale, platform, notes),
    ...(leaves.get('replicas')?.source.from([]) === 'default' && { keepScale: true }),
    traffic,
    checks: buildChecks(leaves.get('checks')?.value as unknown[]),
    checkPolicy: {
      onDegraded: leaves.get('checkPolicy.onDegraded')?.value as CheckPolicy['onDegraded'],
      onUnhealthy: leaves.get('checkPolicy.onUnhealthy')?.value as CheckPolicy['onUnhealthy'],
    },
    hooks: buildHooks(leaves.get('hooks')?.value as unknown[]),
    approval: leaves.get('approval')?.value === true,
    deadlineMs: msAt(leaves, 'deadline'),
    readyDeadlineMs: msAt(leaves, 'readyDeadline'),
    bakeMs: msAt(leaves, 'bake'),
  }
}

function scaleFor(scale: Scale, platform: PlatformFacts, notes: string[]): Scale {
  if (!('replicas' in scale) && !platform.capabilities.autoscaling) {
    const range = `${scale.min}..${scale.max}`
    notes.push(
      `${platform.name} does not scale by itself: it begins with ${scale.min} and keeps what runs within ${range}.`,
    )
  }
  return scale
}

/** A deadline that the pauses alone would pass is a mistake. */
function checkDeadline(leaves: Leaves): Problem[] {
  const leaf = leaves.get('deadline')
  const strategy = buildStrategy(leaves, false)
  const waits =
    strategy.name === 'canary'
      ? strategy.options.steps.reduce((sum, { pause }) => sum + (pause === 'manual' ? 0 : pause), 0)
      : strategy.name === 'blue-green'
        ? strategy.options.monitorMs
        : 0
  const least = waits + msAt(leaves, 'bake')
  if (leaf === undefined || msAt(leaves, 'deadline') > least || least === 0) return []
  return [leaf.source.problem(leaf.at, `more than ${formatDuration(least)}, which its pauses take alone`, leaf.value)]
}

function originsOf(leaves: Leaves, found: FoundVersion, spec: LoadedSpec): Origin[] {
  const service = { path: 'service', value: spec.spec.service, from: spec.base.source.from(['service']) }
  const version = { path: 'version', value: found.version, from: found.from }
  const others = [...leaves].filter(([path]) => path !== 'version')
  return [
    service,
    version,
    ...others.map(([path, leaf]) => ({ path, value: leaf.value, from: leaf.source.from(leaf.at) })),
  ]
}
