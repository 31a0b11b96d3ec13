/** Whether a request can be read at all: the service workflow must survive whatever is sent to it. Pure. */
import { TidegateError } from '../errors.ts'
import type { Plan, Scale } from '../spec/model.ts'
import { failureOf } from './failures.ts'

type Fields = Record<string, unknown>

const strategies: readonly unknown[] = ['canary', 'blue-green', 'rolling', 'recreate']
const rollbackKinds: readonly unknown[] = ['immediate', 'gradual', 'controlled']
/** Longest text of a request that is carried from run to run. */
const longest = 1_000

export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
const isAmount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** @throws `input.invalid` unless each of `texts` is a text, and what may be there has its shape */
export function refuseShape(request: unknown, texts: readonly string[]): void {
  const fields = fieldsOf(request)
  const missing = texts.filter((name) => typeof fields[name] !== 'string' || fields[name] === '')
  if (missing.length > 0) refuse(`the request lacks ${missing.map((name) => `\`${name}\``).join(', ')}`)
  const { reason, to, kind, pauseMs } = fields
  if (reason !== undefined && typeof reason !== 'string') refuse('`reason` is not text')
  if (to !== undefined && typeof to !== 'string') refuse('`to` is not text')
  if (kind !== undefined && !rollbackKinds.includes(kind)) refuse('`kind` is none of immediate, gradual, controlled')
  if (pauseMs !== undefined && !isAmount(pauseMs)) refuse('`pauseMs` is not a number of milliseconds')
  const long = Object.keys(fields).find((name) => typeof fields[name] === 'string' && fields[name].length > longest)
  if (long) refuse(`\`${long}\` is longer than ${longest} characters`)
}

/** @throws `input.invalid` for what is no number of instances */
export function refuseScale(scale: unknown): asserts scale is Scale {
  if (!isScale(scale)) refuse('`scale` is neither { replicas } nor { min, max }')
}

/** @throws `input.invalid` for what no client resolves a spec to */
export function refusePlan(plan: unknown): asserts plan is Plan {
  const { strategy, scale, checks, checkPolicy, hooks, ...rest } = fieldsOf(plan)
  const { name, options } = fieldsOf(strategy)
  const times = ['deadlineMs', 'readyDeadlineMs', 'bakeMs'].filter((time) => !isAmount(rest[time]))
  if (times.length > 0) refuse(`the plan lacks ${times.map((time) => `\`${time}\``).join(', ')}`)
  if (!strategies.includes(name) || typeof options !== 'object' || options === null) refuse('the plan lacks a strategy')
  if (name === 'canary' && !Array.isArray(fieldsOf(options).steps)) refuse('the canary lacks steps')
  if (name === 'blue-green' && !Array.isArray(fieldsOf(options).verify)) refuse('the blue-green lacks `verify`')
  if (!isScale(scale)) refuse('the plan lacks a scale')
  if (!Array.isArray(checks) || !Array.isArray(hooks)) refuse('the plan lacks `checks` or `hooks`')
  const steps = name === 'canary' ? (fieldsOf(options).steps as unknown[]) : []
  const verify = name === 'blue-green' ? (fieldsOf(options).verify as unknown[]) : []
  if (!steps.map(fieldsOf).every(isStep)) refuse('a step of the canary lacks its weight or its pause')
  if (![...checks, ...verify].map(fieldsOf).every(isCheck)) refuse('a check lacks its name, its action or `when`')
  if (!hooks.map(fieldsOf).every(isHook)) refuse('a hook lacks its name, its action or `at`')
  const { onDegraded, onUnhealthy } = fieldsOf(checkPolicy)
  if (typeof onDegraded !== 'string' || typeof onUnhealthy !== 'string') refuse('the plan lacks `checkPolicy`')
}

const isStep = ({ weight, pause }: Fields) => isAmount(weight) && (pause === 'manual' || isAmount(pause))
const isCheck = ({ name, when, action }: Fields) =>
  typeof name === 'string' && Array.isArray(when) && typeof action === 'object' && action !== null
const isHook = ({ name, at, action, timeoutMs }: Fields) =>
  typeof name === 'string' &&
  typeof at === 'string' &&
  isAmount(timeoutMs) &&
  typeof action === 'object' &&
  action !== null

function isScale(scale: unknown): scale is Scale {
  const { replicas, min, max } = fieldsOf(scale)
  return isAmount(replicas) || (isAmount(min) && isAmount(max) && min <= max)
}

function refuse(detail: string): never {
  const remedy = 'Use the client or the CLI, which send all of it.'
  throw failureOf(new TidegateError('input.invalid', { detail, remedy }))
}
