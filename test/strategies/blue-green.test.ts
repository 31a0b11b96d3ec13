import { describe, expect, it } from 'vitest'
import type { BlueGreenOptions } from '../../src/spec/model.ts'
import { type BlueGreenMove, type BlueGreenProgress, nextBlueGreenMove } from '../../src/strategies/blue-green.ts'

const options: BlueGreenOptions = {
  verify: [],
  autoPromote: false,
  promoteTimeoutMs: 60,
  monitorMs: 50,
  scaleDownDelayMs: 80,
}
const start: BlueGreenProgress = {
  verified: false,
  promoted: false,
  switched: false,
  judged: null,
  full: false,
  paused: false,
  sinceSwitchMs: 0,
  timedOut: false,
}
const pass = { verdict: 'pass', ask: false } as const
const promotion = 'the new release is ready beside the old one, without traffic'

describe('the next move of a blue-green deployment that a person promotes', () => {
  const rows: [what: string, progress: Partial<BlueGreenProgress>, move: BlueGreenMove][] = [
    ['checks against the preview come before any traffic', {}, { do: 'verify' }],
    [
      'verified: ask',
      { verified: true },
      { do: 'ask', gate: 'promotion', kind: 'promotion', text: promotion, timeoutMs: 60 },
    ],
    [
      'nobody said anything in time: go back',
      { verified: true, timedOut: true },
      { do: 'fail', reason: 'nobody promoted it in time' },
    ],
    ['promoted: one switch', { verified: true, promoted: true }, { do: 'switch' }],
    ['switched: watch', { verified: true, promoted: true, switched: true }, { do: 'measure', durationMs: 50 }],
    [
      'harm after the switch: go back',
      { verified: true, switched: true, judged: { verdict: 'fail', ask: false, reason: 'crashed' } },
      { do: 'fail', reason: 'crashed' },
    ],
    [
      'watched: both stay until the delay is over (lesson 4)',
      { verified: true, switched: true, judged: pass, sinceSwitchMs: 50 },
      { do: 'keep-both', durationMs: 30 },
    ],
    ['the delay is over: done', { verified: true, switched: true, judged: pass, sinceSwitchMs: 80 }, { do: 'done' }],
    [
      'paused before the switch: hold',
      { verified: true, paused: true },
      { do: 'ask', gate: 'paused', kind: 'paused', text: 'paused', timeoutMs: 0 },
    ],
    ['full: no question, no watch, but still verified first', { full: true }, { do: 'verify' }],
    [
      'full and switched: what is left is skipped',
      { full: true, verified: true, switched: true, sinceSwitchMs: 80 },
      { do: 'done' },
    ],
  ]
  it.each(rows)('%s', (_what, progress, move) => {
    expect(nextBlueGreenMove(options, { ...start, ...progress })).toEqual(move)
  })

  it('switches by itself where the spec says so', () => {
    expect(nextBlueGreenMove({ ...options, autoPromote: true }, { ...start, verified: true })).toEqual({ do: 'switch' })
  })
})
