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
import { analyseInBackground, type Background } from './background.ts'
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
  apply(slot: Slot, goal: SlotGoal): Promise<void>
  ready(): Promise<void>
  route(weights: Weights): Promise<void>
  /** Measures for that long (ms); null when a person wants it all the way first. */
  measure(durationMs: number, analysis: AnalysisSpec | undefined, what: string): Promise<Analysed | null>
  /**
   * Waits for a person at a gate, and goes on watching the candidate meanwhile: harm ends the wait, and is returned.
   * `late`: the time (ms; 0: for ever) was over first.
   */
  hold(gate: Omit<Gate, 'since'>, watch: Watch): Promise<Analysed | 'answered' | 'late'>
  /** From now to the end of the strategy, beside the steps. */
  analyseInBackground(analysis: AnalysisSpec): void
  /** What the analysis in the background has found, or null. */
  found(): Analysed | null
  result(outcome: StrategyResult['outcome'], reason?: string, error?: ErrorBody): StrategyResult
}

/** What is watched while a person is waited for. */
export interface Watch {
  analysis?: AnalysisSpec
  /** The candidate has no traffic yet: checks of the service say nothing about it. */
  beforeTraffic?: boolean
  timeoutMs?: number
}

/** Opens the record; to be called before the first `await`. */
export function openStrategy(input: StrategyInput<unknown>, steps: number): StrategyRecord {
  const { workflowId, parent } = workflowInfo()
  const run = activitiesOf(input.target.location)
  const { target, candidate } = input
  let fence = input.fence
  let promoted = false
  let background: Background | null = null

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

  let telling = false
  let told = ''
  /** One signal at a time, with the latest: two under way could arrive in either order. */
  const tellParent = async () => {
    if (!parent || telling) return
    telling = true
    for (;;) {
      const signal = { gate: state.gate, paused: state.paused }
      const now = JSON.stringify(signal)
      if (now === told) break
      told = now
      await getExternalWorkflowHandle(parent.workflowId)
        .signal(internalNames.strategyGate, signal)
        .catch(() => undefined)
    }
    telling = false
  }
  const setGate = (gate: Omit<Gate, 'since'> | null) => {
    if (!gate && !state.gate) return
    if (gate) promoted = false
    state.gate = gate && { ...gate, since: new Date(Date.now()).toISOString() }
    if (gate) record.note(`waits: ${gate.text}`)
    else show()
    void tellParent()
  }
  /** Analyses until the word is said; what is said first counts. */
  const watch = async <T>(
    durationMs: number | null,
    { analysis, beforeTraffic }: Watch,
    what: string,
    word: Promise<T>,
  ): Promise<Analysed | T> => {
    const scope = new CancellationScope()
    const args = {
      target,
      slot: 'candidate' as const,
      release: candidate,
      stable: input.stable,
      durationMs,
      analysis,
      checks: beforeTraffic ? [] : input.plan.checks,
      checkPolicy: input.plan.checkPolicy,
    }
    const measuring = scope.run(() => run('analyse', { summary: what }, args))
    const seen = (found: Analysed) => ({ seen: found })
    const others = background ? [background.finding.then(seen)] : []
    const first = await Promise.race([measuring.then(seen), word.then((said) => ({ said })), ...others])
    if ('said' in first || background?.found) {
      measuring.catch(() => undefined)
      scope.cancel()
    }
    if ('said' in first) return first.said
    state.verdict = first.seen.verdict
    state.evidence = first.seen.evidence
    record.note(`${first.seen.verdict}: ${first.seen.evidence[0] ?? ''}`)
    return first.seen
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
    measure: (durationMs, analysis, what) =>
      watch(
        durationMs,
        { analysis },
        what,
        condition(() => record.full).then(() => null),
      ),
    async hold(gate, options) {
      setGate(gate)
      const { timeoutMs = 0 } = options
      const answered = () => promoted || record.full
      const word = timeoutMs > 0 ? condition(answered, timeoutMs, { summary: gate.text }) : condition(answered)
      const said = word.then((inTime) => (inTime === false ? 'late' : 'answered') as 'late' | 'answered')
      const first = await watch(null, options, `watch ${candidate.version} meanwhile`, said)
      setGate(null)
      return first
    },
    analyseInBackground(analysis) {
      const { checkPolicy } = input.plan
      const args = { target, slot: 'candidate' as const, release: candidate, stable: input.stable, durationMs: null }
      background = analyseInBackground(run, { ...args, analysis, checks: [], checkPolicy })
    },
    found: () => background?.found ?? null,
    result(outcome, reason, error) {
      background?.end()
      return { outcome, reason, error, evidence: state.evidence, fence }
    },
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
          if (decision.full) state.paused = false
          promoted = true
          setGate(null)
          return decision.full ? 'Promoted all the way.' : 'Promoted: it goes on.'
        }
        state.paused = name === 'pause'
        if (name === 'resume' && state.gate?.kind === 'paused') {
          promoted = true
          setGate(null)
        }
        show()
        void tellParent()
        return name === 'pause' ? 'Paused: it holds at this step; harm is still acted on.' : 'Resumed.'
      },
    },
    ['promote', 'pause', 'resume'],
  )
  return record
}
