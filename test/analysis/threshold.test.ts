import { describe, expect, test } from 'vitest'
import type { Measurement, SideCounts, Verdict } from '../../src/analysis/judge.ts'
import { judge } from '../../src/analysis/judges.ts'
import { judgeThreshold } from '../../src/analysis/threshold.ts'
import { foldOldest } from '../../src/analysis/windows.ts'
import type { AnalysisSpec, MetricSpec } from '../../src/spec/model.ts'

const errors: MetricSpec = { name: 'errors', provider: 'traffic', kind: 'errors', max: 0.01 }
const latency: MetricSpec = { name: 'latency', provider: 'traffic', kind: 'latency', max: 250 }
const spec = (changes: Partial<AnalysisSpec> = {}): AnalysisSpec => ({
  judge: 'threshold',
  metrics: [errors],
  intervalMs: 1000,
  minRequests: 100,
  failureLimit: 1,
  onInconclusive: 'proceed',
  onNoData: 'pause',
  ...changes,
})

type Row = readonly [errors: number, requests: number]
const side = ([bad, requests]: Row): SideCounts => ({ requests, errors: bad, latency: [] })
const windows = (candidate: readonly (Row | null)[], stable: Row | null = [2, 2250]): Measurement[] =>
  candidate.map((row, index) => ({
    index,
    from: `2026-01-01T00:00:0${index}Z`,
    to: `2026-01-01T00:00:0${index + 1}Z`,
    candidate: row && side(row),
    stable: stable && index === 0 ? side(stable) : null,
  }))

/** Latencies in the buckets up to 100, 250, 500 ms and beyond. */
const timed = (...counts: [number, number, number, number]): Measurement[] => {
  const edges = [100, 250, 500, null]
  const requests = counts.reduce((a, b) => a + b)
  const candidate = { requests, errors: 0, latency: counts.map((count, i) => ({ le: edges[i] ?? null, count })) }
  return [{ index: 0, from: '', to: '', candidate, stable: null }]
}

describe('failed, inconclusive, no-data and pass are four things (lessons 10 and 16)', () => {
  test.each<[string, Measurement[], Verdict, Partial<AnalysisSpec>?]>([
    ['nothing was measured', [], 'no-data'],
    ['the candidate is not known to the router', windows([null, null]), 'no-data'],
    ['the candidate had no request, and no minimum is asked', windows([[0, 0]]), 'no-data', { minRequests: 0 }],
    ['there is no metric', windows([[0, 500]]), 'no-data', { metrics: [] }],
    [
      'a latency is asked for, but only errors are known',
      windows([[0, 500]]),
      'no-data',
      { metrics: [errors, latency] },
    ],
    ['too few requests, all well', windows([[0, 99]]), 'inconclusive'],
    ['one early error is not harm', windows([[1, 1]]), 'inconclusive'],
    ['two errors decide, whatever the requests still missing do', windows([[2, 10]]), 'fail'],
    [
      'enough requests, all well',
      windows([
        [0, 60],
        [0, 40],
      ]),
      'pass',
    ],
    ['exactly at the limit', windows([[1, 100]]), 'pass'],
    [
      'a little over the limit',
      windows([
        [1, 50],
        [2, 200],
      ]),
      'fail',
    ],
    [
      'harm that began late fails although the whole is under the limit',
      windows([
        [0, 9000],
        [3, 100],
        [3, 100],
      ]),
      'fail',
    ],
    [
      'one bad measurement is tolerated',
      windows([
        [0, 9000],
        [3, 100],
      ]),
      'pass',
    ],
    [
      'none is tolerated where the limit is 0',
      windows([
        [0, 9000],
        [3, 100],
      ]),
      'fail',
      { failureLimit: 0 },
    ],
    [
      'small windows do not count by themselves',
      windows([
        [0, 9000],
        [1, 9],
        [1, 9],
        [1, 9],
      ]),
      'pass',
    ],
    ['a limit of 0 fails at the first error', windows([[1, 10]]), 'fail', { metrics: [{ ...errors, max: 0 }] }],
    ['not a number is no measurement', windows([[Number.NaN, 500]]), 'no-data'],
    ['infinities are no measurement', windows([[0, Number.POSITIVE_INFINITY]]), 'no-data'],
    ['negative counts are no measurement', windows([[-5, 500]]), 'no-data'],
    ['more errors than requests are no measurement', windows([[600, 500]]), 'no-data'],
  ])('%s', (_, measurements, verdict, changes) => {
    expect(judgeThreshold(measurements, spec(changes)).verdict).toBe(verdict)
  })
})

describe('latency is judged at the 99th percentile', () => {
  test.each<[string, Measurement[], number, Verdict]>([
    ['well under the limit', timed(990, 10, 0, 0), 250, 'pass'],
    ['one in a hundred may be over', timed(900, 90, 10, 0), 250, 'pass'],
    ['more than one in a hundred is over', timed(900, 80, 20, 0), 250, 'fail'],
    ['beyond the last bucket', timed(900, 0, 0, 100), 250, 'fail'],
    ['the limit is inside the bucket: nobody can tell', timed(900, 0, 100, 0), 300, 'inconclusive'],
    ['the limit is inside the bucket, but the slow ones are few', timed(995, 0, 5, 0), 300, 'pass'],
    ['too few requests', timed(50, 0, 0, 0), 250, 'inconclusive'],
    ['slow at once', timed(0, 0, 0, 5), 250, 'fail'],
  ])('%s', (_, measurements, max, verdict) => {
    expect(judgeThreshold(measurements, spec({ metrics: [{ ...latency, max }] })).verdict).toBe(verdict)
  })
})

test('evidence says rates, counts, both sides and the limit', () => {
  const names = { candidate: '1.2.0', stable: '1.1.0' }
  expect(
    judgeThreshold(
      windows([
        [3, 50],
        [10, 200],
      ]),
      spec(),
      names,
    ).evidence,
  ).toEqual(['errors 5.2 % (13 of 250) on 1.2.0, 0.089 % (2 of 2250) on 1.1.0; limit 1 %'])
  expect(judgeThreshold(windows([[0, 40]], null), spec()).evidence).toEqual([
    'errors 0 % (0 of 40) on candidate; limit 1 %; 40 of 100 requests needed to judge',
  ])
  expect(judgeThreshold([], spec()).evidence).toEqual([
    'errors unknown on candidate; limit 1 %; no requests on candidate',
  ])
  expect(judgeThreshold(timed(900, 0, 100, 0), spec({ metrics: [latency] })).evidence).toEqual([
    'latency p99 250 to 500 ms on candidate; limit 250 ms',
  ])
})

test('the worst metric decides and is named first', () => {
  const slow = timed(100, 0, 50, 0)
  const judged = judgeThreshold(slow, spec({ metrics: [errors, latency] }))
  expect(judged.verdict).toBe('fail')
  expect(judged.evidence[0]).toMatch(/^latency/)
  expect(judged.evidence[1]).toMatch(/^errors/)
})

test('old windows can be joined without changing the sums that decide', () => {
  const many = windows(Array.from({ length: 9 }, (): Row => [1, 30]))
  const folded = foldOldest(many, 3)
  expect(folded.map(({ index }) => index)).toEqual([0, 7, 8])
  expect(folded[0]).toMatchObject({ from: many[0]?.from, to: many[6]?.to, candidate: { requests: 210, errors: 7 } })
  expect(judgeThreshold(folded, spec()).evidence).toEqual(judgeThreshold(many, spec()).evidence)
})

test('an unknown judge is named, with those that there are', () => {
  expect(judge('threshold')).toBe(judgeThreshold)
  expect(() => judge('oracle')).toThrow(
    expect.objectContaining({ code: 'input.invalid', remedy: 'Use one of: threshold.' }),
  )
})
