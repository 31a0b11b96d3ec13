import Table from 'cli-table3'
import { exitCodes } from '../../errors.ts'
import { formatDuration, type Origin, type Plan } from '../../spec/index.ts'
import { stepsOf } from '../../strategies/canary.ts'
import type { Action } from '../options.ts'
import { resolved } from '../resolved.ts'
import { plainTable } from '../table.ts'

/** What a deployment would do, and where each value comes from. Starts nothing, asks nobody. */
const plan: Action = async (out, options) => {
  const { spec } = await resolved(options)
  const { target, version, artifact, workload, origins, notes } = spec
  out.object({ target, version, artifact, workload, plan: spec.plan, origins, notes })
  const { bold, dim, yellow } = out.colour
  out.line(`${bold(`${target.service} ${version}`)} → ${target.environment} (${target.location})`)
  out.line()
  for (const line of strategyLines(spec.plan)) out.line(`  ${line}`)
  for (const note of notes) out.line(yellow(`  ${note}`))
  out.line()
  const table = new Table(plainTable)
  for (const { path, value, from } of shown(origins)) table.push([path, valueText(path, value), dim(from)])
  for (const line of table.toString().split('\n')) out.line(`  ${line}`)
  return exitCodes.done
}

export default plan

/** What happens to the traffic, in order, with times. Pure. */
export function strategyLines({ strategy, approval, bakeMs, deadlineMs, scale }: Plan): string[] {
  const lines = [`${strategy.name}, ${'replicas' in scale ? scale.replicas : `${scale.min} to ${scale.max}`} instances`]
  if (approval) lines.push('waits for approval before anything moves')
  switch (strategy.name) {
    case 'canary':
      for (const { weight, pause, analysis } of stepsOf(strategy.options)) {
        const time = pause === 'manual' ? 'until a person promotes' : pause > 0 ? `for ${formatDuration(pause)}` : ''
        const measured = (analysis ?? strategy.options.analysis) && pause !== 0 ? ', measured' : ''
        lines.push(`${String(weight).padStart(3)} % ${time}${measured}`.trimEnd())
      }
      break
    case 'blue-green': {
      const { verify, autoPromote, promoteTimeoutMs, monitorMs, scaleDownDelayMs } = strategy.options
      const timeout = promoteTimeoutMs > 0 ? `, at most ${formatDuration(promoteTimeoutMs)}` : ''
      lines.push(`verified by ${verify.length} checks before any traffic`)
      lines.push(autoPromote ? 'all traffic at once' : `waits for a person, then all traffic at once${timeout}`)
      lines.push(`watched for ${formatDuration(monitorMs)} with the old release whole`)
      if (scaleDownDelayMs > 0) lines.push(`the old release stays for ${formatDuration(scaleDownDelayMs)} at least`)
      break
    }
    case 'rolling':
      lines.push(
        `at most ${strategy.options.maxSurge} more, at most ${strategy.options.maxUnavailable} fewer at a time`,
      )
      break
    case 'recreate':
      lines.push('stops what runs, then starts the new release: a gap')
  }
  if (bakeMs > 0) lines.push(`watched for ${formatDuration(bakeMs)} at full traffic before it becomes the stable one`)
  return [...lines, `gives up after ${formatDuration(deadlineMs)}, not counting waits for people`]
}

/** Those that say something: an empty list of hooks is no news. */
const shown = (origins: readonly Origin[]) =>
  origins.filter(({ value }) => !(Array.isArray(value) && value.length === 0))

function valueText(path: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return path.startsWith('workload.env.') && text.length > 40 ? `${text.slice(0, 39)}…` : text.slice(0, 80)
}
