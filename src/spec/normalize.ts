import { splitCommand } from './command-line.ts'
import type { Entry, Source } from './layers.ts'
import type { Path, Problem } from './problems.ts'
import { formatPath } from './problems.ts'
import type { Overlay } from './schema.ts'
import { artifactKinds } from './schema-artifact.ts'
import { strategyNames } from './schema-strategy.ts'
import { rangePattern } from './schema-workload.ts'

type Dict = Readonly<Record<string, unknown>>

/** Collects what a layer says, and what it says twice. */
export interface Sink {
  entries: Entry[]
  set(path: string, value: unknown, at: Path): void
  remove(path: string, at: Path): void
}

/**
 * The normal form of what a layer says: short forms spelt out, one entry a value, so that layers merge value by
 * value whichever way each was written. Takes what the schema accepted; null removes.
 */
export function normalize(spec: Overlay, base: Path, source: Source): { entries: Entry[]; problems: Problem[] } {
  const problems: Problem[] = []
  const said = new Map<string, Path>()
  const entries: Entry[] = []
  const sink: Sink = {
    entries,
    set(path, value, at) {
      const before = said.get(path)
      // An image without a version and a `version` both name the version, and so on: only true doubles count.
      if (before !== undefined && formatPath(before) !== formatPath(at)) {
        problems.push(source.problem(at, `it once: it is also given by ${formatPath(before)}`, value))
      }
      said.set(path, at)
      entries.push({ path, value, at })
    },
    remove(path, at) {
      entries.push({ path, remove: true, at })
    },
  }

  for (const key of [
    'version',
    'traffic',
    'approval',
    'deadline',
    'readyDeadline',
    'bake',
    'checks',
    'hooks',
  ] as const) {
    plain(sink, key, spec[key], [...base, key])
  }
  fields(sink, 'checkPolicy', spec.checkPolicy, [...base, 'checkPolicy'])
  artifactOf(sink, spec.artifact, [...base, 'artifact'])
  strategyOf(sink, spec.strategy, [...base, 'strategy'])
  analysisOf(sink, 'analysis', spec.analysis, [...base, 'analysis'])
  if (spec.workload === null) sink.remove('workload', [...base, 'workload'])
  else if (spec.workload !== undefined) workloadOf(sink, spec.workload as Dict, [...base, 'workload'])
  workloadOf(sink, spec as Dict, base)
  return { entries, problems }
}

/** A value that is replaced as a whole. */
function plain(sink: Sink, path: string, value: unknown, at: Path) {
  if (value === undefined) return
  if (value === null) sink.remove(path, at)
  else sink.set(path, value, at)
}

/** A mapping, key by key. */
function fields(sink: Sink, path: string, value: unknown, at: Path, rename: (key: string) => string = (key) => key) {
  if (value === undefined) return
  if (value === null) return sink.remove(path, at)
  for (const [key, inner] of Object.entries(value as Dict)) {
    plain(sink, `${path}.${rename(key)}`, inner, [...at, key])
  }
}

function artifactOf(sink: Sink, value: Overlay['artifact'], at: Path) {
  if (value === undefined) return
  if (value === null) return sink.remove('artifact', at)
  if (typeof value === 'string') {
    sink.set('artifact.kind', 'path', at)
    sink.set('artifact.path', value, at)
    return
  }
  const kind = artifactKinds.find((name) => value[name] != null)
  if (kind !== undefined) sink.set('artifact.kind', kind, [...at, kind])
  fields(sink, 'artifact', value, at)
}

function strategyOf(sink: Sink, value: Overlay['strategy'], at: Path) {
  if (value === undefined) return
  if (value === null) return sink.remove('strategy', at)
  if (typeof value === 'string') return sink.set('strategy.name', value, at)
  const named = strategyNames.find((name) => value[name] != null)
  if (named !== undefined) sink.set('strategy.name', named, [...at, named])
  const { analysis, pause, require, ...rest } = value
  plain(sink, 'strategy.pause', pause, [...at, 'pause'])
  plain(sink, 'strategy.require', require, [...at, 'require'])
  analysisOf(sink, 'strategy.analysis', analysis, [...at, 'analysis'])
  for (const name of strategyNames) {
    const options = rest[name]
    if (options === null) sink.remove('strategy', [...at, name])
    if (options == null) continue
    if (Array.isArray(options)) {
      sink.set('strategy.steps', options, [...at, name])
      continue
    }
    const { analysis: inner, ...others } = options as Dict
    fields(sink, 'strategy', others, [...at, name])
    analysisOf(sink, 'strategy.analysis', inner, [...at, name, 'analysis'])
  }
}

function analysisOf(sink: Sink, path: string, value: unknown, at: Path) {
  if (value === undefined) return
  if (value === null) return sink.remove(path, at)
  if (typeof value === 'boolean') {
    sink.set(`${path}.enabled`, value, at)
    return
  }
  sink.set(`${path}.enabled`, true, at)
  fields(sink, path, value, at)
}

/** The same keys stand in `workload` and, some of them, at the top. */
function workloadOf(sink: Sink, value: Dict, at: Path) {
  const in_ = (key: string): Path => [...at, key]
  const { command, args, env, secrets, port, ports, replicas, ready, probes, resources, gracePeriod } = value
  plain(sink, 'workload.command', typeof command === 'string' ? splitCommand(command) : command, in_('command'))
  plain(sink, 'workload.args', args, in_('args'))
  fields(sink, 'workload.env', env, in_('env'))
  secretsOf(sink, secrets, in_('secrets'))
  portsOf(sink, ports, in_('ports'))
  plain(sink, 'workload.ports.http', port, in_('port'))
  plain(sink, 'replicas', replicas == null ? replicas : scaleOf(replicas), in_('replicas'))
  probeOf(sink, 'readiness', ready, in_('ready'))
  if (probes === null) sink.remove('workload.probes', in_('probes'))
  for (const [name, probe] of Object.entries((probes ?? {}) as Dict)) {
    probeOf(sink, name, probe, [...in_('probes'), name])
  }
  if (resources === null) sink.remove('workload.resources', in_('resources'))
  for (const [name, amounts] of Object.entries((resources ?? {}) as Dict)) {
    fields(sink, `workload.resources.${name}`, amounts, [...in_('resources'), name])
  }
  plain(sink, 'workload.gracePeriod', gracePeriod, in_('gracePeriod'))
}

/** `3`, `3..20`, `{ min, max }` as the model has it. */
export function scaleOf(value: unknown): { replicas: number } | { min: number; max: number } {
  if (typeof value === 'number') return { replicas: value }
  if (typeof value === 'string') {
    const [, min, max] = rangePattern.exec(value) ?? []
    return { min: Number(min), max: Number(max) }
  }
  const { min, max } = value as { min: number; max: number }
  return { min, max }
}

function portsOf(sink: Sink, value: unknown, at: Path) {
  if (!Array.isArray(value)) return fields(sink, 'workload.ports', value, at)
  sink.remove('workload.ports', at)
  for (const [index, item] of value.entries()) {
    const unnamed = typeof item === 'number'
    const name = unnamed ? (index === 0 ? 'http' : `port-${item}`) : item.name
    sink.set(`workload.ports.${name}`, unnamed ? item : item.port, [...at, index])
  }
}

/** The variable (or the secret) that a bare reference is for: `env:TOKEN` gives TOKEN, `checkout-db` all its keys. */
function secretsOf(sink: Sink, value: unknown, at: Path) {
  if (!Array.isArray(value)) {
    if (value == null) return plain(sink, 'workload.secrets', value, at)
    for (const [name, from] of Object.entries(value as Dict)) {
      plain(sink, `workload.secrets.${name}`, from === null ? null : fromOf(String(from)), [...at, name])
    }
    return
  }
  sink.remove('workload.secrets', at)
  for (const [index, item] of value.entries()) {
    const from = fromOf(typeof item === 'string' ? item : item.from)
    const name =
      typeof item === 'string'
        ? (from
            .replace(/^(?:env|file|secret):/, '')
            .split('/')
            .at(-1) ?? item)
        : item.name
    sink.set(`workload.secrets.${name}`, from, [...at, index])
  }
}

const fromOf = (reference: string) => (/^(?:env|file|secret):/.test(reference) ? reference : `secret:${reference}`)

function probeOf(sink: Sink, name: string, value: unknown, at: Path) {
  const path = `workload.probes.${name}`
  if (value === undefined) return
  if (value === null) return sink.remove(path, at)
  if (typeof value === 'string') return sink.set(`${path}.action`, { http: value }, at)
  const { http, tcp, command, grpc, ...times } = value as Dict
  const actions = { http, tcp, command, grpc }
  for (const [kind, action] of Object.entries(actions)) {
    if (action != null) sink.set(`${path}.action`, { [kind]: action }, [...at, kind])
  }
  fields(sink, path, times, at)
}
