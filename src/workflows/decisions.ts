/** People's words: each decision is a signal and an update with a validator, with one handler behind both. */
import { defineSignal, defineUpdate, setDefaultSignalHandler, setHandler } from '@temporalio/workflow'
import { TidegateError } from '../errors.ts'
import { failureOf } from './failures.ts'
import { type Decision, type DecisionName, type DecisionResult, decisionNames, type Gate } from './messages.ts'

/** What a workflow does with decisions. */
export interface DecisionDesk {
  /** Why it cannot be taken now, or null. Called by the validator: synchronous, changes nothing. */
  refuse(name: DecisionName, decision: Decision): TidegateError | null
  /** Takes it, and says in words what happens now. */
  take(name: DecisionName, decision: Decision): string | Promise<string>
  /** A line in the timeline. */
  note(text: string): void
  /** The answer's frame. */
  answer(message: string): DecisionResult
}

const descriptions: Record<DecisionName, string> = {
  approve: 'Lets a deployment that waits for approval begin. { by, reason? }',
  reject: 'Ends a deployment that waits for approval. { by, reason? }',
  promote: 'Goes on from the open gate, or with { full: true } all the way. { by, reason?, gate?, full? }',
  pause: 'Holds the deployment where it is; harm is still acted on. { by, reason? }',
  resume: 'Goes on after a pause. { by, reason? }',
  abort: 'Goes back to what ran before. { by, reason? }',
  retry: 'Tries a blocked step again. { by, reason? }',
  skip: 'Leaves a blocked step undone, and lists it. { by, reason? }',
}

/** How many decision ids are remembered, so that the same word is applied once. */
const remembered = 200

/** Sets the handlers; to be called before the first `await` of a workflow. */
export function takeDecisions(desk: DecisionDesk, known: readonly DecisionName[] = decisionNames): void {
  const applied: string[] = []
  const isDuplicate = (decision: Decision) => decision.id !== undefined && applied.includes(decision.id)
  const take = (name: DecisionName, decision: Decision) => {
    if (decision.id !== undefined) applied.push(decision.id)
    if (applied.length > remembered) applied.shift()
    return desk.take(name, decision)
  }

  for (const name of known) {
    setHandler(
      defineUpdate<DecisionResult, [unknown]>(name),
      async (payload) => {
        const decision = readDecision(payload)
        if (decision instanceof TidegateError) throw failureOf(decision)
        if (isDuplicate(decision)) return { ...desk.answer('This decision was already applied.'), duplicate: true }
        return desk.answer(await take(name, decision))
      },
      {
        description: descriptions[name],
        validator: (payload) => {
          const decision = readDecision(payload)
          const refusal =
            decision instanceof TidegateError || isDuplicate(decision) ? decision : desk.refuse(name, decision)
          if (refusal instanceof TidegateError) throw failureOf(refusal)
        },
      },
    )
    setHandler(
      defineSignal<[unknown]>(name),
      async (payload) => {
        const decision = readDecision(payload)
        const refusal =
          decision instanceof TidegateError ? decision : isDuplicate(decision) ? null : desk.refuse(name, decision)
        if (refusal) return desk.note(`dropped: ${name}: ${refusal.message}`)
        if (!(decision instanceof TidegateError) && !isDuplicate(decision)) await take(name, decision)
      },
      { description: descriptions[name] },
    )
  }
  setDefaultSignalHandler((name) =>
    desk.note(`dropped: a signal that nothing here knows: ${String(name).slice(0, 60)}`),
  )
}

/** Reads what came over the wire; anything may come from a raw `temporal workflow signal`. */
export function readDecision(payload: unknown): Decision | TidegateError {
  const bad = (detail: string) => new TidegateError('decision.invalid', { detail })
  if (payload === undefined || payload === null) return { by: 'unknown' }
  if (typeof payload !== 'object' || Array.isArray(payload)) return bad('it is not an object')
  const { by, reason, id, gate, full } = payload as Record<string, unknown>
  for (const [key, value] of Object.entries({ by, reason, id, gate })) {
    if (value !== undefined && typeof value !== 'string') return bad(`\`${key}\` is not text`)
  }
  if (full !== undefined && typeof full !== 'boolean') return bad('`full` is neither true nor false')
  const text = (value: unknown, most: number) => (value === undefined ? undefined : String(value).slice(0, most))
  return {
    by: text(by, 200) || 'unknown',
    reason: text(reason, 1000),
    id: text(id, 200),
    gate: text(gate, 100),
    full: full as boolean | undefined,
  }
}

/** Why a decision does not answer the gate that is open (or none), or null when it does. */
export function refuseAtGate(
  name: DecisionName,
  decision: Decision,
  gate: Gate | null,
  facts: { deployment: string; status: string },
): TidegateError | null {
  if (!gate?.answers.includes(name)) return new TidegateError('decision.nothing-waits', { decision: name, ...facts })
  if (decision.gate !== undefined && decision.gate !== gate.name) {
    return new TidegateError('decision.other-gate', { decision: name, named: decision.gate, open: gate.name })
  }
  return null
}

/** Who and why, for a line in the timeline. */
export function signed(decision: Decision): string {
  return decision.reason ? `by ${decision.by} (${decision.reason})` : `by ${decision.by}`
}
