/** A deployment as lines for a terminal: a pure function of what is known of it. */
import type { TargetState } from '../platforms/port.ts'
import { formatDuration } from '../spec/duration.ts'
import type { Plan, StageName } from '../spec/model.ts'
import { stepsOf } from '../strategies/canary.ts'
import type { DecisionName, DeploymentState, Gate, TimelineEntry } from '../workflows/messages.ts'
import { type DeploymentStatus, isOver } from '../workflows/status.ts'
import type { Colours } from './output.ts'

/** By release id: requests and errors since the view began, and requests a second between the last two looks. */
export type Counted = Readonly<Record<string, { requests: number; errors: number; perSecond?: number }>>

export interface View {
  state: DeploymentState
  /** What it was asked to do, where that is known: gives the steps their weights. */
  plan?: Plan | null
  /** As the platform reports it, where it can be reached. */
  observed?: TargetState | null
  traffic?: Counted | null
  /** Why nothing newer is known. */
  trouble?: string | null
  /** Milliseconds since the epoch. */
  now: number
}

export interface ViewStyle {
  colour: Colours
  columns: number
}

/** Timeline lines that the view shows. */
const recent = 6

/** The gate that is open, whichever of the two workflows it is of. */
export function openGate(state: DeploymentState): Gate | null {
  return isOver(state.status) ? null : (state.gate ?? state.progress?.gate ?? null)
}

/**
 * Reasons, evidence and timelines come from outside: what could move the cursor or break a line becomes a space.
 * Every way to the terminal begins here.
 */
export function harmless<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === 'string' ? inner.replace(/\p{Cc}+/gu, ' ') : inner,
  ) as T
}

export function renderView(given: View, style: ViewStyle): string[] {
  const view = { ...given, state: harmless(given.state) }
  const { state } = view
  const { colour } = style
  const gate = openGate(state)
  const lines = [heading(view, colour), `  ${colour.dim(origin(state))}`, '', `  ${stages(view, colour)}`]
  const steps = stepLines(view, colour)
  if (steps.length > 0) lines.push('', ...steps)
  const sides = sideLines(view, colour)
  if (sides.length > 0) lines.push('', ...sides)
  lines.push('', `  ${isOver(state.status) ? outcomeText(state, colour) : state.doing}`)
  for (const line of state.progress?.evidence ?? []) lines.push(`  ${colour.dim(line)}`)
  if (gate) lines.push(...gateLines(state, gate, colour))
  if (state.incomplete.length > 0) lines.push(colour.yellow(`  left undone: ${state.incomplete.join('; ')}`))
  if (view.trouble) lines.push(colour.yellow(`  ${view.trouble}; what is shown may be old`))
  const timeline = timelineOf(state).slice(-recent)
  if (timeline.length > 0) lines.push('', ...timeline.map((entry) => colour.dim(`  ${timelineLine(entry)}`)))
  return lines.map((line) => cutTo(line, style.columns))
}

function heading({ state, now }: View, colour: Colours): string {
  const { service, environment, location } = state.target
  const place = location === 'host' ? environment : `${environment} (${location})`
  const parts = [`${colour.bold(`${service} ${state.version}`)} → ${place}`, `#${state.number}`]
  if (state.kind !== 'deploy') parts.push(state.kind)
  if (state.strategy) parts.push(state.strategy)
  parts.push(statusText(state.status, colour))
  const from = Date.parse(state.acceptedAt)
  const until = state.endedAt ? Date.parse(state.endedAt) : now
  if (Number.isFinite(from)) parts.push(clock(until - from))
  return parts.join('   ')
}

function origin({ previous, by, reason }: DeploymentState): string {
  const replaces = previous ? `replaces ${previous.id}` : 'first deployment'
  return `${replaces}, by ${by}${reason ? ` (${reason})` : ''}`
}

const good: DeploymentStatus[] = ['active', 'inactive']
const bad: DeploymentStatus[] = ['failed', 'rolled_back', 'rollback_blocked', 'aborted', 'rejected']

export function statusText(status: DeploymentStatus, colour: Colours): string {
  if (good.includes(status)) return colour.green(status)
  if (bad.includes(status)) return colour.red(status)
  return status === 'awaiting_approval' || status === 'rolling_back' ? colour.yellow(status) : colour.cyan(status)
}

function outcomeText(state: DeploymentState, colour: Colours): string {
  const text = state.outcome ?? state.doing
  return good.includes(state.status) ? colour.green(text) : colour.red(text)
}

const stageOf: Partial<Record<DeploymentStatus, StageName>> = {
  packaging: 'package',
  validating: 'validate',
  awaiting_approval: 'validate',
  preparing: 'prepare',
  executing: 'execute',
  activating: 'activate',
}

function stages({ state }: View, colour: Colours): string {
  const names: StageName[] = ['package', 'validate', 'prepare', 'execute', 'activate']
  const current = stageOf[state.status]
  const at = current ? names.indexOf(current) : good.includes(state.status) ? names.length : -1
  if (at === -1) return colour.dim(names.join(' · '))
  return names
    .map((name, i) =>
      i < at ? colour.green(`✔ ${name}`) : i === at ? colour.cyan(`● ${name}`) : colour.dim(`○ ${name}`),
    )
    .join('  ')
}

function stepLines({ state, plan }: View, colour: Colours): string[] {
  const { progress } = state
  if (!progress) return []
  const known = plan?.strategy.name === 'canary' ? stepsOf(plan.strategy.options) : null
  return Array.from({ length: progress.steps }, (_, i) => {
    const step = known?.[i]
    const pause =
      step && (step.pause === 'manual' ? 'until a person promotes' : step.pause > 0 ? formatDuration(step.pause) : '')
    const text = step ? `${String(step.weight).padStart(3)} %  ${pause}`.trimEnd() : `step ${i + 1}`
    if (i < progress.step) return colour.green(`  ✔ ${text}`)
    return i === progress.step
      ? colour.cyan(`  ● ${text}${progress.paused ? '  (paused)' : ''}`)
      : colour.dim(`  ○ ${text}`)
  })
}

/** A line a slot: weights asked and observed, instances, traffic. */
function sideLines({ state, observed, traffic }: View, colour: Colours): string[] {
  if (!observed) return []
  const asked = state.progress?.weights
  const rows = (['stable', 'candidate'] as const).flatMap((name) => {
    const slot = observed.slots[name]
    if (!slot) return []
    const seen = traffic?.[slot.release.id]
    return [
      [
        name,
        slot.release.id,
        asked ? `asked ${asked[name]} %` : '',
        `has ${observed.routing.weights[name]} %`,
        `${slot.ready}/${slot.desired} ready`,
        seen
          ? `${count(seen.requests)} requests${seen.perSecond ? ` (${count(Math.round(seen.perSecond))}/s)` : ''}`
          : '',
        seen
          ? `${count(seen.errors)} errors${seen.errors > 0 ? ` (${percent(seen.errors / seen.requests)})` : ''}`
          : '',
        slot.crashLoop ? 'crash loop' : slot.restarts > 0 ? `${slot.restarts} restarts` : '',
      ],
    ]
  })
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? []
  return rows.map((row) => {
    const line = row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).filter((cell) => cell !== '')
    const troubled = row[7] === 'crash loop' || (row[6] !== '' && row[6] !== '0 errors')
    return `  ${troubled ? colour.yellow(line.join('  ').trimEnd()) : line.join('  ').trimEnd()}`
  })
}

const count = (n: number) => n.toLocaleString('en-US')
const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 2 : 0)} %`

const meaning: Record<DecisionName, string> = {
  approve: 'it may begin',
  reject: 'it ends, nothing changed',
  promote: 'go on',
  pause: 'hold',
  resume: 'go on',
  abort: 'go back',
  retry: 'try again',
  skip: 'leave it undone',
}

/** What it waits for, and the commands that answer. */
export function gateLines(state: DeploymentState, gate: Gate, colour: Colours): string[] {
  const back = state.status === 'rollback_blocked' || gate.answers.includes('reject') ? [] : (['abort'] as const)
  const answers = [...new Set<DecisionName>([...gate.answers, ...back])]
  const commands = answers.map((name) => [commandFor(state, name), meaning[name]] as const)
  const width = Math.max(...commands.map(([command]) => command.length))
  return [
    colour.yellow(`  waits for a person: ${gate.text}`),
    ...commands.map(([command, means]) => `    ${colour.bold(command.padEnd(width))}  ${colour.dim(means)}`),
  ]
}

/** The command that sends a decision about a deployment, or looks at it. */
export function commandFor({ target }: Pick<DeploymentState, 'target'>, verb: string): string {
  const location = target.location === 'host' ? '' : ` --location ${target.location}`
  return `tidegate ${verb} ${target.service} -e ${target.environment}${location}`
}

/** Both workflows' timelines as one, in order. */
export function timelineOf(state: DeploymentState): TimelineEntry[] {
  const all = [...state.timeline, ...(state.progress?.timeline ?? [])].sort((a, b) => a.at.localeCompare(b.at))
  // A gate of the strategy is in both.
  return all.filter(({ text }, i) => text !== all[i - 1]?.text)
}

export const timelineLine = ({ at, text }: TimelineEntry): string => `${timeOf(at)} ${text}`

/** Hours, minutes and seconds of an ISO time, here. */
export const timeOf = (iso: string): string => new Date(iso).toTimeString().slice(0, 8)

/** `0:23`, `1:02:03`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  const rest = `${two(seconds % 60)}`
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`
}

/** A line that does not wrap: a wrapped one could not be redrawn in place. Colour codes take no room. */
function cutTo(line: string, columns: number): string {
  let room = columns
  let cut = ''
  // Parts at odd places are colour codes.
  for (const [i, part] of line.split(ansi).entries()) {
    if (i % 2 === 1) cut += part
    else {
      const characters = [...part]
      cut +=
        characters.length <= room
          ? part
          : `${characters.slice(0, Math.max(0, room - 1)).join('')}${room > 0 ? '…' : ''}`
      room -= Math.min(room, characters.length)
    }
  }
  return cut
}

const ansi = new RegExp(`(${String.fromCharCode(27)}\\[[0-9;]*m)`)
