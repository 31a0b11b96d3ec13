import { describe, expect, test } from 'vitest'
import { judgeBaseline, judgeSeries, minimumSample, welch } from '../../src/analysis/baseline.ts'
import { judgeErrorsByBaseline } from '../../src/analysis/baseline-judge.ts'
import { countsFrom, increase } from '../../src/analysis/series.ts'

const options = { tolerance: 0.25, minimum: 100 }

describe('the baseline judge', () => {
  test.each([
    ['clearly worse', [50, 1000, 10, 1000], 'fail'],
    ['clearly not worse', [10, 10_000, 30, 10_000], 'pass'],
    ['perhaps worse', [14, 1000, 10, 1000], 'inconclusive'],
    ['too few requests', [50, 99, 10, 1000], 'inconclusive'],
    ['no errors, few requests: its exact bound is above the threshold', [0, 100, 10, 1000], 'inconclusive'],
    ['no errors, many requests', [0, 1000, 10, 1000], 'pass'],
    ['no traffic', [0, 0, 10, 1000], 'no-data'],
    ['nothing to compare with', [5, 1000, 0, 0], 'no-data'],
    ['not a number', [Number.NaN, 1000, 10, 1000], 'no-data'],
    ['a negative count', [0, 1000, -1, 1000], 'no-data'],
    ['more errors than requests', [2000, 1000, 1, 1000], 'no-data'],
  ] as const)('%s', (_, [candidateErrors, candidateRequests, stableErrors, stableRequests], verdict) => {
    const counts = { candidateErrors, candidateRequests, stableErrors, stableRequests }
    expect(judgeBaseline(counts, options).verdict).toBe(verdict)
  })

  test('plans its sample, and never one under a hundred', () => {
    expect(minimumSample(100_000, 0.1)).toBe(10_000)
    expect(minimumSample(100, 0.1)).toBe(100)
  })

  test('counts windows in which both were measured, and says how many requests are missing', () => {
    const side = (requests: number, errors: number) => ({ requests, errors, latency: [] })
    const window = (index: number, alone: boolean) => ({
      index,
      from: '',
      to: '',
      candidate: side(40, 1),
      stable: alone ? null : side(400, 4),
    })
    const judged = judgeErrorsByBaseline([window(0, false), window(1, true), window(2, false)], options)
    expect(judged.verdict).toBe('inconclusive')
    expect(judged.evidence[0]).toMatch(/^errors: 2\.5 % on candidate .*; limit 1\.25 %; 20 more requests to judge$/)
    expect(judgeErrorsByBaseline([], options).verdict).toBe('no-data')
  })

  test('judges series by Welch', () => {
    const stable = [10, 11, 9, 10, 12, 10]
    const few = { tolerance: 0.25, minimum: 5 }
    expect(judgeSeries([20, 21, 19, 20, 22, 20], stable, few).verdict).toBe('fail')
    expect(judgeSeries(stable, stable, few).verdict).toBe('pass')
    expect(judgeSeries([Number.NaN, Number.NaN], stable, few).verdict).toBe('no-data')
    expect(judgeSeries([], stable, few).verdict).toBe('no-data')
    expect(welch([1, 1, 1], [2, 2, 2])).toMatchObject({ lower: -1, upper: -1 })
    expect(welch([1], [2, 2, 2])).toBeNull()
  })
})

describe('what two series say about a window', () => {
  test.each([
    ['requests without an error series: no errors', 100, null, { requests: 100, errors: 0 }],
    ['both: both', 100, 3, { requests: 100, errors: 3 }],
    ['neither: no data', null, null, null],
    ['errors alone: no data', null, 3, null],
    ['a number that is none is not zero', 100, Number.NaN, null],
    ['more errors than requests', 100, 101, null],
    ['negative', -1, 0, null],
    ['infinite', Number.POSITIVE_INFINITY, 0, null],
  ])('%s', (_, requests, errors, expected) => {
    expect(countsFrom(requests, errors)).toEqual(expected)
  })

  test('a counter that was reset counts from zero, and never backwards', () => {
    expect(increase([10, 15, 15, 40])).toBe(30)
    expect(increase([10, 15, 2, 7])).toBe(12)
    expect(increase([10])).toBe(0)
    expect(increase([])).toBe(0)
  })
})
