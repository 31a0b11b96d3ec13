/** Moves the traffic step by step. It knows no platform, cleans nothing up, and alone owns the promotion. */
import type { CanaryOptions } from '../spec/model.ts'
import { type CanaryAction, type CanaryProgress, nextCanaryMove, stepsOf } from '../strategies/canary.ts'
import { unhealthyChecks } from './checks.ts'
import type { StrategyInput, StrategyResult } from './messages.ts'
import { openStrategy, type StrategyRecord } from './strategy-record.ts'

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
      if (bad?.action === 'pause') progress.judged = { verdict: 'inconclusive', ask: true, reason: bad.detail }
      return bad?.action === 'rollback' ? `checks before traffic: ${bad.detail}` : null
    }
    case 'weight':
      await record.route({ stable: 100 - move.weight, candidate: move.weight })
      progress.weight = move.weight
      return null
    case 'measure':
      await measure(input, record, progress, move)
      return null
    case 'ask':
      record.setGate({ ...gateOf(move), answers: move.kind === 'paused' ? ['resume'] : ['promote'] })
      await record.answered()
      record.setGate(null)
      if (progress.judged && move.kind === 'question') progress.judged = { ...progress.judged, ask: false }
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
  move: Extract<CanaryAction, { do: 'measure' }>,
): Promise<void> {
  const { step, durationMs } = move
  const analysis = step.analysis ?? input.options.analysis
  if (durationMs === null) {
    const text = `promotion at ${step.weight} %`
    record.setGate({ name: `step-${progress.step + 1}`, kind: 'promotion', text, answers: ['promote'] })
  }
  const what = `${analysis ? 'analyse' : 'watch'} ${input.candidate.version} at ${step.weight} %`
  const result = await record.measure(durationMs, analysis, what)
  record.setGate(null)
  if (!result) progress.promoted = true
  else progress.judged = { verdict: result.verdict, ask: result.ask === true, reason: result.reason }
}

const gateOf = ({ gate, kind, text }: Extract<CanaryAction, { do: 'ask' }>) => ({ name: gate, kind, text })
