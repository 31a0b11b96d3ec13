/** What a deployment's workflow knows of itself: its state, its timeline, its gate; answered by the query `state`. */
import { condition, defineQuery, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow'
import type { ErrorBody } from '../errors.ts'
import type { Fence, Snapshot } from '../platforms/port.ts'
import { activitiesOf, type Run } from './activity-policies.ts'
import { deploymentDetails } from './details.ts'
import {
  type Decision,
  type DecisionName,
  type DeploymentInput,
  type DeploymentState,
  type DeploymentSummary,
  type Gate,
  names,
} from './messages.ts'
import { showVisibly } from './search-attributes.ts'
import { type DeploymentStatus, nextStatus } from './status.ts'
import { addLine, cut } from './timeline.ts'

/** Why a deployment goes back before it has reached its end. */
export interface Stop {
  cause: 'abort' | 'superseded' | 'deadline'
  text: string
}

export interface DeploymentRecord {
  readonly input: DeploymentInput
  readonly state: DeploymentState
  readonly run: Run
  stop: Stop | null
  /** Verdicts of its analyses, for the summary. */
  evidence: string[]
  /** Set by the claim. */
  claimed: { fence: Fence; snapshot: Snapshot } | null
  /** A hook that nothing older can run after has run. */
  irreversible: boolean
  /** Time spent waiting for people or for its turn so far (ms): not counted by the deadline. */
  waitedMs(): number
  /** Fulfilled when it waits for nobody. */
  atWork(): Promise<void>
  /** Waits for something that is no work of its own; the time is not counted by the deadline. */
  uncounted<T>(waiting: () => Promise<T>): Promise<T>
  /** The next fence of the forward way. */
  nextFence(): Fence
  note(text: string): void
  /** The status where the table allows it, and what it does in words. */
  enter(status: DeploymentStatus, doing: string): void
  doing(text: string): void
  setGate(gate: Gate | null): void
  /** Waits for a person's word at a gate; null when the time (ms) is over first. */
  ask(gate: Omit<Gate, 'since'>, timeoutMs?: number): Promise<{ name: DecisionName; decision: Decision } | null>
  /** What a person said at the open gate; closes it. */
  answer(name: DecisionName, decision: Decision): void
  summary(): DeploymentSummary
}

/** An error as the service remembers it: it travels from run to run, so its texts are cut. */
const carried = ({ code, message, remedy }: ErrorBody): ErrorBody => ({
  code,
  message: cut(message),
  remedy: cut(remedy),
  facts: {},
})

/** Opens the record and answers `state`; to be called before the first `await`. */
export function openDeployment(input: DeploymentInput): DeploymentRecord {
  const { workflowId, startTime } = workflowInfo()
  let answered: { name: DecisionName; decision: Decision } | null = null
  let waitedMs = 0
  let waitsSince: number | null = null
  let elsewhere = false

  const state: DeploymentState = {
    id: workflowId,
    number: input.number,
    target: input.target,
    kind: input.kind,
    status: 'pending',
    version: input.version,
    release: input.release,
    previous: null,
    strategy: null,
    doing: 'accepted',
    gate: null,
    paused: false,
    progress: null,
    strategyWorkflow: null,
    snapshot: null,
    canRollback: { possible: false, reasons: ['nothing has moved yet'] },
    by: input.by,
    reason: input.reason,
    acceptedAt: input.acceptedAt,
    startedAt: startTime.toISOString(),
    endedAt: null,
    timeline: [],
    incomplete: [],
  }
  const show = () => setCurrentDetails(deploymentDetails(state))
  setHandler(defineQuery<DeploymentState>(names.state), () => state, { description: 'The whole picture.' })

  /** Starts or stops the clock of the time that is not counted. */
  const count = () => {
    const waits = state.gate !== null || elsewhere
    if (waits) waitsSince ??= Date.now()
    else if (waitsSince !== null) {
      waitedMs += Date.now() - waitsSince
      waitsSince = null
    }
  }

  const record: DeploymentRecord = {
    input,
    state,
    run: activitiesOf(input.target.location),
    stop: null,
    evidence: [],
    claimed: null,
    irreversible: false,
    waitedMs: () => waitedMs + (waitsSince === null ? 0 : Date.now() - waitsSince),
    atWork: () => condition(() => waitsSince === null),
    async uncounted(waiting) {
      elsewhere = true
      count()
      try {
        return await waiting()
      } finally {
        elsewhere = false
        count()
      }
    },
    nextFence() {
      if (!record.claimed) throw new Error('a step before the claim')
      record.claimed.fence = { ...record.claimed.fence, step: record.claimed.fence.step + 1 }
      return record.claimed.fence
    },
    note(text) {
      addLine(state.timeline, Date.now(), text)
      show()
    },
    enter(status, doing) {
      const next = nextStatus(state.status, status)
      if (next !== state.status) {
        state.status = next
        showVisibly(input.settings.visibility, { status: next })
      }
      record.doing(doing)
      record.note(doing)
    },
    doing(text) {
      state.doing = cut(text)
      show()
    },
    setGate(gate) {
      state.gate = gate
      count()
      if (gate) record.note(`waits: ${gate.text}`)
      else show()
    },
    async ask(gate, timeoutMs = 0) {
      answered = null
      record.setGate({ ...gate, since: new Date(Date.now()).toISOString() })
      try {
        const word = () => answered !== null
        if (timeoutMs > 0) await condition(word, timeoutMs, { summary: `waits: ${gate.text}` })
        else await condition(word)
        return answered
      } finally {
        record.setGate(null)
      }
    },
    answer(name, decision) {
      answered = { name, decision }
      // Closed at once: a second word in the same breath finds nothing that waits.
      record.setGate(null)
    },
    summary: () => ({
      id: state.id,
      number: state.number,
      kind: state.kind,
      version: state.version,
      release: state.release,
      previous: state.previous,
      strategy: state.strategy,
      status: state.status,
      by: state.by,
      reason: state.reason,
      acceptedAt: state.acceptedAt,
      endedAt: state.endedAt,
      outcome: state.outcome && cut(state.outcome),
      error: state.error && carried(state.error),
      evidence: record.evidence.slice(-8).map((line) => cut(line, 160)),
      incomplete: state.incomplete,
      sequence: record.claimed?.fence.sequence,
      scale: input.plan.scale,
      ...(record.irreversible ? { irreversible: true } : {}),
    }),
  }
  return record
}
