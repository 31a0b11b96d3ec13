/** Brings the whole new release up beside the old one, switches once, and watches. Cleaning up is its parent's. */
import { condition } from '@temporalio/workflow'
import type { BlueGreenOptions } from '../spec/model.ts'
import { type BlueGreenAction, type BlueGreenProgress, nextBlueGreenMove } from '../strategies/blue-green.ts'
import { unhealthyChecks } from './checks.ts'
import type { DecisionName, Gate, StrategyInput, StrategyResult } from './messages.ts'
import { openStrategy, type StrategyRecord } from './strategy-record.ts'

/** Ready, verified, switched, watched. */
const steps = 4

export async function blueGreen(input: StrategyInput<BlueGreenOptions>): Promise<StrategyResult> {
  const record = openStrategy(input, steps)
  const progress: BlueGreenProgress = {
    verified: false,
    promoted: false,
    switched: false,
    judged: null,
    full: false,
    paused: false,
    sinceSwitchMs: 0,
    timedOut: false,
  }
  await record.apply('candidate', { release: input.candidate, scale: { replicas: input.replicas } })
  await record.ready()
  record.state.step = 1
  let switchedAt = 0
  for (;;) {
    progress.full = record.full
    progress.paused = record.state.paused
    if (progress.switched) switchedAt ||= Date.now()
    progress.sinceSwitchMs = switchedAt === 0 ? 0 : Date.now() - switchedAt
    const move = nextBlueGreenMove(input.options, progress)
    if (move.do === 'done') return record.result('promoted')
    if (move.do === 'fail') return record.result('failed', move.reason)
    const failed = await carryOut(input, record, progress, move)
    if (failed) return record.result('failed', failed)
  }
}

/** Carries out one move, and writes down what has happened; returns why it ends, where it must. */
async function carryOut(
  input: StrategyInput<BlueGreenOptions>,
  record: StrategyRecord,
  progress: BlueGreenProgress,
  move: BlueGreenAction,
): Promise<string | null> {
  switch (move.do) {
    case 'verify': {
      const { verify } = input.options
      const plan = { ...input.plan, checks: [...input.plan.checks, ...verify] }
      const bad =
        (await unhealthyChecks(record.run, input.target, plan, 'before-traffic')) ??
        (await unhealthyChecks(record.run, input.target, plan, 'verify'))
      progress.verified = true
      record.state.step = 2
      if (bad?.action === 'rollback') return `checks against the preview: ${bad.detail}`
      if (bad) await ask(input, record, progress, questionOf(bad.detail))
      return null
    }
    case 'ask':
      await ask(input, record, progress, { ...move, name: move.gate })
      return null
    case 'switch':
      await record.route({ stable: 0, candidate: 100 })
      progress.switched = true
      record.state.step = 3
      return null
    case 'measure': {
      const what = `watch ${input.candidate.version} at 100 %`
      const result = await record.measure(move.durationMs, input.options.analysis, what)
      progress.judged = result && { verdict: result.verdict, ask: result.ask === true, reason: result.reason }
      return null
    }
    case 'keep-both':
      await condition(() => record.full, move.durationMs, { summary: 'both releases stay a while' })
      record.state.step = 4
      return null
  }
}

/** Waits for a person's word; harm that is seen meanwhile is judged like any other. */
async function ask(
  { options }: StrategyInput<BlueGreenOptions>,
  record: StrategyRecord,
  progress: BlueGreenProgress,
  { name, kind, text, timeoutMs }: Pick<Gate, 'name' | 'kind' | 'text'> & { timeoutMs?: number },
): Promise<void> {
  const answers: DecisionName[] = kind === 'paused' ? ['resume'] : ['promote']
  const watch = progress.switched ? { analysis: options.analysis } : { beforeTraffic: true }
  const seen = await record.hold({ name, kind, text, answers }, { ...watch, timeoutMs })
  if (typeof seen === 'object') progress.judged = { verdict: seen.verdict, ask: seen.ask === true, reason: seen.reason }
  else if (seen === 'late') progress.timedOut = true
  else if (kind === 'promotion') progress.promoted = true
  else if (progress.judged && kind === 'question') progress.judged = { ...progress.judged, ask: false }
}

const questionOf = (detail: string) => ({
  name: 'checks',
  kind: 'question' as const,
  text: `checks against the preview: ${detail}`,
})
