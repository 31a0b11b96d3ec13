/** Moves the traffic step by step. It knows no platform, cleans nothing up, and alone owns the promotion. */
import type { CanaryOptions } from '../spec/model.ts'
import { type CanaryAction, type CanaryProgress, nextCanaryMove, stepsOf } from '../strategies/canary.ts'
import { unhealthyChecks } from './checks.ts'
import type { Gate, StrategyInput, StrategyResult } from './messages.ts'
import { openStrategy, type StrategyRecord, type Watch } from './strategy-record.ts'

export async function canary(input: StrategyInput<CanaryOptions>): Promise<StrategyResult> {
  const { options, replicas } = input
  const record = openStrategy(input, stepsOf(options).length)
  const progress: CanaryProgress = {
    step: 0,
    replicas: 0,
    weight: 0,
    ready: false,
    judged: null,
    promoted: false,
    full: false,
    paused: false,
  }
  for (;;) {
    progress.full = record.full
    progress.paused = record.state.paused
    const found = record.found()
    if (found) progress.judged = { verdict: found.verdict, ask: found.ask === true, reason: found.reason }
    const move = nextCanaryMove(options, replicas, progress)
    if (move.do === 'done') return record.result('promoted')
    if (move.do === 'fail') return record.result('failed', move.reason)
    const failed = await carryOut(input, record, progress, move)
    if (failed) return record.result('failed', failed)
  }
}

/** Carries out one move, and writes down what has happened; returns why the canary ends, where it must. */
async function carryOut(
  input: StrategyInput<CanaryOptions>,
  record: StrategyRecord,
  progress: CanaryProgress,
  move: CanaryAction,
): Promise<string | null> {
  switch (move.do) {
    case 'scale':
      await record.apply('candidate', { release: input.candidate, scale: { replicas: move.replicas } })
      progress.replicas = move.replicas
      progress.ready = false
      return null
    case 'await-ready': {
      await record.ready()
      progress.ready = true
      const bad =
        progress.weight === 0 ? await unhealthyChecks(record.run, input.target, input.plan, 'before-traffic') : null
      if (bad?.action === 'rollback') return `checks before traffic: ${bad.detail}`
      if (bad) await ask(record, progress, questionOf(bad.detail), { beforeTraffic: true })
      return null
    }
    case 'weight':
      await record.route({ stable: 100 - move.weight, candidate: move.weight })
      if (progress.weight === 0 && input.options.analysis) record.analyseInBackground(input.options.analysis)
      progress.weight = move.weight
      return null
    case 'measure':
      await measure(input, record, progress, move)
      return null
    case 'ask':
      await ask(record, progress, gateOf(move), { analysis: analysisOf(input, progress) })
      return null
    case 'advance':
      progress.step++
      record.state.step = progress.step
      progress.judged = null
      progress.promoted = false
      return null
  }
}

async function measure(
  input: StrategyInput<CanaryOptions>,
  record: StrategyRecord,
  progress: CanaryProgress,
  { step, durationMs }: Extract<CanaryAction, { do: 'measure' }>,
): Promise<void> {
  const analysis = analysisOf(input, progress)
  if (durationMs === null) {
    const text = `promotion at ${step.weight} %`
    await ask(record, progress, { name: `step-${progress.step + 1}`, kind: 'promotion', text }, { analysis })
    return
  }
  const what = `${step.analysis ? 'analyse' : 'watch'} ${input.candidate.version} at ${step.weight} %`
  const result = await record.measure(durationMs, step.analysis, what)
  if (result) progress.judged = { verdict: result.verdict, ask: result.ask === true, reason: result.reason }
}

/** Waits for a person's word; harm that is seen meanwhile is judged like any other. */
async function ask(
  record: StrategyRecord,
  progress: CanaryProgress,
  gate: Pick<Gate, 'name' | 'kind' | 'text'>,
  watch: Watch,
): Promise<void> {
  const seen = await record.hold({ ...gate, answers: gate.kind === 'paused' ? ['resume'] : ['promote'] }, watch)
  if (typeof seen === 'object') progress.judged = { verdict: seen.verdict, ask: seen.ask === true, reason: seen.reason }
  else if (gate.kind === 'promotion') progress.promoted = true
  else if (progress.judged && gate.kind === 'question') progress.judged = { ...progress.judged, ask: false }
}

const analysisOf = ({ options }: StrategyInput<CanaryOptions>, { step }: CanaryProgress) =>
  stepsOf(options)[step]?.analysis
const questionOf = (detail: string) => ({
  name: 'checks',
  kind: 'question' as const,
  text: `checks before traffic: ${detail}`,
})
const gateOf = ({ gate, kind, text }: Extract<CanaryAction, { do: 'ask' }>) => ({ name: gate, kind, text })
