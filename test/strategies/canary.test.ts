import { describe, expect, it } from 'vitest'
import type { CanaryOptions } from '../../src/spec/model.ts'
import {
  type CanaryMove,
  type CanaryProgress,
  candidateReplicas,
  nextCanaryMove,
  stepsOf,
} from '../../src/strategies/canary.ts'

const options: CanaryOptions = {
  steps: [
    { weight: 10, pause: 1000 },
    { weight: 50, pause: 'manual' },
  ],
  require: 'no-harm',
}
const start: CanaryProgress = {
  step: 0,
  replicas: 0,
  weight: 0,
  ready: false,
  judged: null,
  promoted: false,
  full: false,
  paused: false,
}
const pass = { verdict: 'pass', ask: false } as const
const fail = { verdict: 'fail', ask: false, reason: 'errors 5 %' } as const
const ask = { verdict: 'no-data', ask: true, reason: 'no requests' } as const
const [first, second] = options.steps as [CanaryOptions['steps'][0], CanaryOptions['steps'][0]]

describe('the next move of a canary of 10 % for 1 s, then 50 % until promoted, with 4 replicas', () => {
  const rows: [what: string, progress: Partial<CanaryProgress>, move: CanaryMove][] = [
    ['nothing was done: scale first', {}, { do: 'scale', replicas: 1 }],
    ['scaled: wait until ready', { replicas: 1 }, { do: 'await-ready' }],
    ['ready: then route (lesson 2)', { replicas: 1, ready: true }, { do: 'weight', weight: 10 }],
    [
      'routed: measure for the pause',
      { replicas: 1, ready: true, weight: 10 },
      { do: 'measure', step: first, durationMs: 1000 },
    ],
    ['no harm shown: go on (lesson 19)', { replicas: 1, ready: true, weight: 10, judged: pass }, { do: 'advance' }],
    ['harm: fail', { replicas: 1, ready: true, weight: 10, judged: fail }, { do: 'fail', reason: 'errors 5 %' }],
    [
      'paused: hold after the measure',
      { replicas: 1, ready: true, weight: 10, judged: pass, paused: true },
      { do: 'ask', gate: 'step-1', kind: 'paused', text: 'paused at 10 %' },
    ],
    [
      'paused: the measure still runs',
      { replicas: 1, ready: true, weight: 10, paused: true },
      { do: 'measure', step: first, durationMs: 1000 },
    ],
    [
      'no data and the policy asks: ask (lesson 16)',
      { replicas: 1, ready: true, weight: 10, judged: ask },
      { do: 'ask', gate: 'step-1', kind: 'question', text: 'no-data at 10 %: no requests' },
    ],
    [
      'the question was answered: go on',
      { replicas: 1, ready: true, weight: 10, judged: { ...ask, ask: false } },
      { do: 'advance' },
    ],
    [
      'second step: scale before routing',
      { step: 1, replicas: 1, ready: true, weight: 10 },
      { do: 'scale', replicas: 2 },
    ],
    [
      'manual: measure until promoted',
      { step: 1, replicas: 2, ready: true, weight: 50 },
      { do: 'measure', step: second, durationMs: null },
    ],
    [
      'manual and promoted: go on',
      { step: 1, replicas: 2, ready: true, weight: 50, promoted: true },
      { do: 'advance' },
    ],
    ['the end gets everything', { step: 2, replicas: 2, ready: true, weight: 50 }, { do: 'scale', replicas: 4 }],
    ['everything routed: nothing to wait for', { step: 2, replicas: 4, ready: true, weight: 100 }, { do: 'advance' }],
    ['past the end: done', { step: 3, replicas: 4, ready: true, weight: 100 }, { do: 'done' }],
    ['full: steps are skipped', { full: true }, { do: 'advance' }],
    ['full: readiness never is (lesson 11)', { full: true, step: 2, replicas: 4 }, { do: 'await-ready' }],
    [
      'full in spite of harm: a person took it on',
      { full: true, step: 0, weight: 10, judged: fail },
      { do: 'advance' },
    ],
  ]
  it.each(rows)('%s', (_what, progress, move) => {
    expect(nextCanaryMove(options, 4, { ...start, ...progress })).toEqual(move)
  })
})

it('ends with all of the traffic, once, whether or not 100 is written', () => {
  expect(stepsOf(options).map((s) => s.weight)).toEqual([10, 50, 100])
  expect(stepsOf({ ...options, steps: [{ weight: 100, pause: 5 }] }).map((s) => s.weight)).toEqual([100])
})

describe('instances of the candidate: its share of the whole, rounded up, at least one', () => {
  it.each([
    [1, 1, 1],
    [1, 100, 1],
    [4, 1, 1],
    [4, 25, 1],
    [4, 26, 2],
    [4, 50, 2],
    [4, 99, 4],
    [10, 10, 1],
    [10, 11, 2],
    [3, 34, 2],
    [100, 1, 1],
    [0, 50, 1],
  ])('%i replicas at %i %% need %i', (whole, weight, expected) => {
    expect(candidateReplicas(whole, weight)).toBe(expected)
  })
})

it('walks from nothing to done without ever routing before it is ready', () => {
  const progress = { ...start }
  const weights: number[] = []
  for (let moves = 0; moves < 50; moves++) {
    const move = nextCanaryMove(options, 4, progress)
    if (move.do === 'done') break
    if (move.do === 'scale') Object.assign(progress, { replicas: move.replicas, ready: false })
    if (move.do === 'await-ready') progress.ready = true
    if (move.do === 'weight') {
      expect(progress.ready).toBe(true)
      weights.push(move.weight)
      progress.weight = move.weight
    }
    if (move.do === 'measure') Object.assign(progress, move.durationMs === null ? { promoted: true } : { judged: pass })
    if (move.do === 'advance') Object.assign(progress, { step: progress.step + 1, judged: null, promoted: false })
  }
  expect(weights).toEqual([10, 50, 100])
})
