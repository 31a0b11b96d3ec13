/** Signals between workflows, read as if a stranger had sent them: by name, anybody can. Null is no such message. */
import type { Target } from '../spec/model.ts'
import { type AskTurn, type DeploymentKind, deploymentWorkflowId, type Gate, type Turn } from './messages.ts'

const fieldsOf = (payload: unknown): Record<string, unknown> =>
  typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {}
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0
const text = (value: unknown, most = 200) => (typeof value === 'string' ? value.slice(0, most) : '?')

export function readTurn(payload: unknown): Turn | null {
  const { sequence } = fieldsOf(payload)
  return isCount(sequence) ? { sequence } : null
}

const kinds: readonly unknown[] = ['deploy', 'rollback', 'restore', 'scale', 'restart'] satisfies DeploymentKind[]

/** Only of a deployment of this target. */
export function readAskTurn(payload: unknown, target: Target): AskTurn | null {
  const { id, number, version, kind, by, acceptedAt } = fieldsOf(payload)
  if (!isCount(number) || id !== deploymentWorkflowId(target, number) || !kinds.includes(kind)) return null
  return {
    id,
    number,
    version: text(version),
    kind: kind as DeploymentKind,
    by: text(by),
    acceptedAt: text(acceptedAt, 40),
  }
}

export function readBlocked(payload: unknown): { number: number; blocked: boolean } | null {
  const { number, blocked } = fieldsOf(payload)
  return isCount(number) && typeof blocked === 'boolean' ? { number, blocked } : null
}

export function readSupersede(payload: unknown): { by: string; version: string } | null {
  const { by, version } = fieldsOf(payload)
  return typeof by === 'string' && typeof version === 'string' ? { by: text(by), version: text(version) } : null
}

export function readStrategyGate(payload: unknown): { gate: Gate | null; paused: boolean } | null {
  const { gate, paused } = fieldsOf(payload)
  if (typeof paused !== 'boolean') return null
  if (gate === null) return { gate, paused }
  const { name, text: words, answers } = fieldsOf(gate)
  if (typeof name !== 'string' || typeof words !== 'string' || !Array.isArray(answers)) return null
  return { gate: gate as Gate, paused }
}
