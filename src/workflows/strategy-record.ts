/** What a strategy's workflow knows of itself, its handlers, and the waits that canary and blue-green share. */
import {
  CancellationScope,
  condition,
  defineQuery,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { Analysed } from '../activities/analyse.ts'
import type { ErrorBody } from '../errors.ts'
import { TidegateError } from '../errors.ts'
import type { Slot, SlotGoal, Weights } from '../platforms/port.ts'
import type { AnalysisSpec } from '../spec/model.ts'
import { activitiesOf, type Run } from './activity-policies.ts'
import { refuseAtGate, signed, takeDecisions } from './decisions.ts'
import { strategyDetails } from './details.ts'
import {
  type Gate,
  internalNames,
  names,
  type StrategyInput,
  type StrategyResult,
  type StrategyState,
} from './messages.ts'
import { addLine } from './timeline.ts'

export interface StrategyRecord {
  readonly state: StrategyState
  readonly run: Run
  /** A person wants it all the way. */
  full: boolean
  note(text: string): void
  setGate(gate: Omit<Gate, 'since'> | null): void
  /** Waits until the open gate is answered, or `full`; false when the time (ms; 0: for ever) is over first. */
  answered(timeoutMs?: number): Promise<boolean>
  apply(slot: Slot, goal: SlotGoal): Promise<void>
  ready(): Promise<void>
  route(weights: Weights): Promise<void>
  /** Measures; null when a person's word ended it first. */
  measure(durationMs: number | null, analysis: AnalysisSpec | undefined, what: string): Promise<Analysed | null>
  result(outcome: StrategyResult['outcome'], reason?: string, error?: ErrorBody): StrategyResult
}

/** Opens the record; to be called before the first `await`. */
export function openStrategy(input: StrategyInput<unknown>, steps: number): StrategyRecord {
  const { workflowId, parent } = workflowInfo()
  const run = activitiesOf(input.target.location)
  const { target, candidate } = input
  let fence = input.fence
  let promoted = false

  const state: StrategyState = {
    step: 0,
    steps,
    weights: { stable: 100, candidate: 0 },
    paused: false,
    gate: null,
    verdict: null,
    evidence: [],
    timeline: [],
  }
  const show = () => setCurrentDetails(strategyDetails(workflowId, state))
  setHandler(defineQuery<StrategyState>(names.state), () => state, { description: 'Steps, weights, evidence, gate.' })

  const tellParent = () => {
    if (!parent) return
    const signal = { gate: state.gate, paused: state.paused }
    getExternalWorkflowHandle(parent.workflowId)
      .signal(internalNames.strategyGate, signal)
      .catch(() => undefined)
  }
  const nextFence = () => {
    fence = { ...fence, step: fence.step + 1 }
    return fence
  }

  const record: StrategyRecord = {
    state,
    run,
    full: false,
    note(text) {
      addLine(state.timeline, Date.now(), text)
      show()
    },
    setGate(gate) {
      if (!gate && !state.gate) return
      promoted = false
      state.gate = gate && { ...gate, since: new Date(Date.now()).toISOString() }
      if (gate) record.note(`waits: ${gate.text}`)
      else show()
      tellParent()
    },
    async answered(timeoutMs = 0) {
      const word = () => promoted || record.full
      if (timeoutMs > 0) return condition(word, timeoutMs, { summary: `waits: ${state.gate?.text ?? ''}` })
      await condition(word)
      return true
    },
    async apply(slot, goal) {
      await run(
        'applySlot',
        { summary: `${goal.release.id} into the ${slot} slot` },
        { target, slot, goal, fence: nextFence() },
      )
    },
    async ready() {
      const args = { target, slot: 'candidate' as const, release: candidate, deadlineMs: input.plan.readyDeadlineMs }
      await run('awaitReady', { summary: `${candidate.id} ready` }, args)
    },
    async route(weights) {
      const summary = `weight ${weights.candidate} % → ${target.service} ${candidate.version}`
      await run('routeTraffic', { summary }, { target, routing: { weights }, fence: nextFence() })
      state.weights = weights
      record.note(summary)
    },
    async measure(durationMs, analysis, what) {
      const scope = new CancellationScope()
      const measuring = scope.run(() =>
        run(
          'analyse',
          { summary: what },
          {
            target,
            slot: 'candidate',
            release: candidate,
            stable: input.stable,
            durationMs,
            analysis,
            checks: input.plan.checks,
            checkPolicy: input.plan.checkPolicy,
          },
        ),
      )
      const word = record.answered().then(() => null)
      const first = await Promise.race([measuring, word])
      if (first) {
        state.verdict = first.verdict
        state.evidence = first.evidence
        record.note(`${first.verdict}: ${first.evidence[0] ?? ''}`)
        return first
      }
      measuring.catch(() => undefined)
      scope.cancel()
      return null
    },
    result: (outcome, reason, error) => ({ outcome, reason, error, evidence: state.evidence, fence }),
  }

  takeDecisions(
    {
      note: record.note,
      answer: (message) => ({ deployment: input.deployment, status: 'executing', message }),
      refuse(name, decision) {
        const facts = { deployment: input.deployment, status: `at ${state.weights.candidate} %` }
        if (name === 'promote' && decision.full) return null
        if (name === 'pause' && !state.paused) return null
        if (name === 'resume' && state.paused) return null
        if (name === 'pause')
          return new TidegateError('decision.nothing-waits', { decision: name, ...facts, status: 'paused already' })
        return refuseAtGate(name, decision, state.gate, facts)
      },
      take(name, decision) {
        record.note(`${name} ${signed(decision)}`)
        if (name === 'promote') {
          record.full ||= decision.full === true
          promoted = true
          return decision.full ? 'Promoted all the way.' : 'Promoted: it goes on.'
        }
        state.paused = name === 'pause'
        if (name === 'resume' && state.gate?.kind === 'paused') promoted = true
        show()
        return name === 'pause' ? 'Paused: it holds at this step; harm is still acted on.' : 'Resumed.'
      },
    },
    ['promote', 'pause', 'resume'],
  )
  return record
}
