/** What holds where nobody said anything. Every default becomes a value with its origin; none is hidden. Pure. */
import type { SpecCapabilities } from './capabilities.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { below, type Entry, type Leaves } from './layers.ts'
import type { StrategyName } from './model.ts'

/** Environments that are known without being declared. Others get what staging gets. */
export const builtInEnvironments = ['development', 'testing', 'staging', 'production'] as const

/**
 * The strategy of an environment: development → recreate; testing → rolling; staging, and every environment of
 * the user's own → blue-green; production → canary where the platform splits traffic exactly and measures it,
 * otherwise blue-green; without traffic → rolling. Where the platform lacks that one: rolling, else what it has.
 */
export function defaultStrategy(
  environment: string,
  capabilities: SpecCapabilities,
  traffic: boolean,
): { name: StrategyName; why: string | null } {
  const wished = (): { name: StrategyName; why: string | null } => {
    if (environment === 'development') return { name: 'recreate', why: null }
    if (!traffic) return { name: 'rolling', why: 'there is no traffic to shift' }
    if (environment === 'testing') return { name: 'rolling', why: null }
    if (environment !== 'production') return { name: 'blue-green', why: null }
    if (capabilities.weights !== 'exact')
      return { name: 'blue-green', why: 'the platform does not split traffic exactly' }
    if (!capabilities.traffic) return { name: 'blue-green', why: 'the platform has nothing to measure traffic with' }
    return { name: 'canary', why: null }
  }
  const wish = wished()
  if (capabilities.strategies.includes(wish.name)) return wish
  const name = (['rolling', 'recreate'] as const).find((other) => capabilities.strategies.includes(other))
  return { name: name ?? capabilities.strategies[0] ?? wish.name, why: `the platform has no ${wish.name}` }
}

/** Kubernetes' own (core/v1 Probe). */
const probeTimes: Readonly<Record<string, unknown>> = {
  initialDelay: 0,
  interval: '10s',
  timeout: '1s',
  failureThreshold: 3,
  successThreshold: 1,
}

export const checkDefaults = { timeout: '5s', retries: 2, retryDelay: '1s' } as const
export const hookTimeout = '1m'

const strategyDefaults: Readonly<Record<StrategyName, Readonly<Record<string, unknown>>>> = {
  canary: { steps: [10, 25, 50], pause: '5m', require: 'no-harm' },
  'blue-green': { verify: [], autoPromote: true, promoteTimeout: 0, monitor: '5m', scaleDownDelay: '30s' },
  rolling: { maxSurge: '25%', maxUnavailable: '25%' },
  recreate: {},
}

/** Defaults for all that the leaves (with a strategy's name among them) leave open. */
export function defaultEntries(leaves: Leaves, environment: string): Entry[] {
  const entries: Entry[] = []
  const add = (path: string, value: unknown) => {
    if (!leaves.has(path)) entries.push({ path, value, at: path.split('.') })
  }
  const all = (prefix: string, values: Readonly<Record<string, unknown>>) => {
    for (const [name, value] of Object.entries(values)) add(`${prefix}.${name}`, value)
  }
  const strategy = leaves.get('strategy.name')?.value as StrategyName

  add('replicas', { replicas: 1 })
  add('workload.gracePeriod', '30s')
  const [port] = below(leaves, 'workload.ports')
  if (
    port !== undefined &&
    leaves.get('traffic')?.value !== 'none' &&
    !leaves.has('workload.probes.readiness.action')
  ) {
    add('workload.probes.readiness.action', { tcp: port[0] })
  }
  for (const name of ['startup', 'readiness', 'liveness']) {
    const path = `workload.probes.${name}`
    if (leaves.has(`${path}.action`) || entries.some((entry) => entry.path === `${path}.action`)) all(path, probeTimes)
  }

  all('strategy', strategyDefaults[strategy])
  all('checkPolicy', { onDegraded: 'proceed', onUnhealthy: 'rollback' })
  add('checks', [])
  add('hooks', [])
  add('approval', false)
  add('readyDeadline', '10m')
  add('bake', strategy === 'canary' && environment === 'production' ? '1m' : 0)
  const known = (path: string): unknown => leaves.get(path)?.value ?? valueIn(entries, path)
  const pauses = pausesOf(known)
  const waits = pauses.reduce((sum, pause) => sum + pause, msOf(known('bake')))
  add('deadline', formatDuration(Math.max(3_600_000, 2 * waits)))
  if (strategy === 'canary' || strategy === 'blue-green') {
    add('analysis.enabled', true)
    if (leaves.get('analysis.enabled')?.value !== false) all('analysis', analysisDefaults(known, pauses))
  }
  return entries
}

function analysisDefaults(known: (path: string) => unknown, pauses: readonly number[]) {
  const measured = ['errors', 'latency', 'metrics'].some((name) => known(`analysis.${name}`) !== undefined)
  const errors = measured ? known('analysis.errors') : '1%'
  const doubt = known('strategy.require') === 'certified' ? 'pause' : 'proceed'
  return {
    ...(measured ? {} : { errors }),
    judge: 'threshold',
    interval: formatDuration(intervalOf(pauses)),
    minRequests: enough(typeof errors === 'string' ? Number.parseFloat(errors) : 0),
    failureLimit: 1,
    onInconclusive: doubt,
    onNoData: doubt,
  }
}

/** A fifth of the shortest time that is measured, at least 250 ms and at most 30 s. */
export function intervalOf(pauses: readonly number[]): number {
  const shortest = Math.min(...pauses.filter((pause) => pause > 0))
  return Number.isFinite(shortest) ? Math.round(Math.min(Math.max(shortest / 5, 250), 30_000)) : 30_000
}

/** So many requests that one failure alone is not over the limit (percent): 100 for 1 %; from 100 to 1000. */
export function enough(limitPercent: number): number {
  return limitPercent <= 0 ? 100 : Math.min(Math.max(Math.ceil(100 / limitPercent), 100), 1000)
}

/** Times (ms) that the strategy spends measuring by the clock. */
function pausesOf(known: (path: string) => unknown): number[] {
  const steps = (known('strategy.steps') ?? []) as (number | { pause?: unknown })[]
  const usual = known('strategy.pause')
  const pauses = steps.map((step) => msOf((typeof step === 'number' ? undefined : step.pause) ?? usual))
  return [...pauses, msOf(known('strategy.monitor'))]
}

/** A wait for a person takes no time by the clock. */
const msOf = (time: unknown) => (time === 'manual' ? 0 : (parseDuration(time as string) ?? 0))

function valueIn(entries: readonly Entry[], path: string): unknown {
  const entry = entries.find((one) => one.path === path)
  return entry !== undefined && 'value' in entry ? entry.value : undefined
}
