/** The strategy and its analyses in the model's form. Pure. */
import { buildChecks } from './build-checks.ts'
import { msAt } from './build-workload.ts'
import { enough } from './defaults.ts'
import { parseDuration } from './duration.ts'
import { below, type Leaves } from './layers.ts'
import type { AnalysisSpec, CanaryStep, CountOrPercent, MetricSpec, Strategy, StrategyName } from './model.ts'

type Said = Readonly<Record<string, unknown>>

/** `measured`: whether the platform reports the traffic that an analysis needs. */
export function buildStrategy(leaves: Leaves, measured: boolean): Strategy {
  const name = leaves.get('strategy.name')?.value as StrategyName
  const value = (option: string) => leaves.get(`strategy.${option}`)?.value
  const usual = saidBelow(leaves, 'analysis')
  const background = saidBelow(leaves, 'strategy.analysis')
  const own = measured && background !== null ? buildAnalysis(background, usual) : null

  switch (name) {
    case 'canary':
      return {
        name,
        options: {
          steps: (value('steps') as unknown[]).map((step) => buildStep(step, value('pause'), usual, measured)),
          ...(own !== null && { analysis: own }),
          require: value('require') as 'no-harm' | 'certified',
        },
      }
    case 'blue-green': {
      const watch = background === null && measured && usual !== null ? buildAnalysis(usual, null) : own
      return {
        name,
        options: {
          verify: buildChecks(value('verify') as unknown[], ['verify']),
          autoPromote: value('autoPromote') as boolean,
          promoteTimeoutMs: msAt(leaves, 'strategy.promoteTimeout'),
          monitorMs: msAt(leaves, 'strategy.monitor'),
          scaleDownDelayMs: msAt(leaves, 'strategy.scaleDownDelay'),
          ...(watch !== null && { analysis: watch }),
        },
      }
    }
    case 'rolling':
      return {
        name,
        options: {
          maxSurge: value('maxSurge') as CountOrPercent,
          maxUnavailable: value('maxUnavailable') as CountOrPercent,
        },
      }
    case 'recreate':
      return { name, options: {} }
  }
}

function saidBelow(leaves: Leaves, path: string): Said | null {
  const fields = below(leaves, path).map(([name, leaf]) => [name, leaf.value])
  return fields.length === 0 ? null : Object.fromEntries(fields)
}

function buildStep(step: unknown, usualPause: unknown, usual: Said | null, measured: boolean): CanaryStep {
  const said: Said = typeof step === 'number' ? { weight: step } : (step as Said)
  const pause = said.pause ?? usualPause
  const lasts = pause === 'manual' ? 'manual' : (parseDuration(pause as string) ?? 0)
  const asked =
    said.analysis === undefined
      ? usual
      : typeof said.analysis === 'boolean'
        ? { enabled: said.analysis }
        : said.analysis
  // In no time nothing can be measured.
  const analysis = measured && lasts !== 0 && asked !== null ? buildAnalysis(asked as Said, usual) : null
  return { weight: said.weight as number, pause: lasts, ...(analysis !== null && { analysis }) }
}

/** What is said, and for the rest what is usual in this spec. Null where it is switched off or measures nothing. */
function buildAnalysis(said: Said, usual: Said | null): AnalysisSpec | null {
  if (said.enabled === false) return null
  const own = metricsOf(said)
  const metrics = own.length > 0 ? own : metricsOf(usual ?? {})
  if (metrics.length === 0) return null
  const value = (name: string) => said[name] ?? usual?.[name]
  const strictest = Math.min(...metrics.flatMap((metric) => (metric.kind === 'errors' ? [metric.max * 100] : [])))
  return {
    judge: 'threshold',
    metrics,
    intervalMs: parseDuration((value('interval') ?? '30s') as string) ?? 30_000,
    minRequests: (value('minRequests') ?? enough(Number.isFinite(strictest) ? strictest : 0)) as number,
    failureLimit: (value('failureLimit') ?? 1) as number,
    onInconclusive: (value('onInconclusive') ?? 'proceed') as AnalysisSpec['onInconclusive'],
    onNoData: (value('onNoData') ?? 'proceed') as AnalysisSpec['onNoData'],
  }
}

/** `errors` and `latency` are short for a metric each. */
function metricsOf(said: Said): MetricSpec[] {
  const short = [
    ...(said.errors === undefined ? [] : [{ kind: 'errors', max: said.errors }]),
    ...(said.latency === undefined ? [] : [{ kind: 'latency', max: said.latency }]),
  ]
  return [...short, ...((said.metrics ?? []) as Said[])].map((metric) => {
    const { kind, max, name } = metric as { kind: MetricSpec['kind']; max: string | number; name?: string }
    const limit = kind === 'errors' ? Number.parseFloat(String(max)) / 100 : (parseDuration(max) ?? 0)
    return { name: name ?? kind, provider: 'traffic', kind, max: limit }
  })
}
