import { expect, test } from 'vitest'
import { windowBetween } from '../../src/analysis/providers/traffic.ts'
import type { TrafficCounters, TrafficReport } from '../../src/platforms/port.ts'

const counters = (requests: number, errors: number, cumulative: number[], since = 'start'): TrafficCounters => ({
  since,
  requests,
  errors,
  latency: cumulative.map((count, i) => ({ le: [100, 500, null][i] ?? null, count })),
})
const report = (at: string, releases: Record<string, TrafficCounters>): TrafficReport => ({ at, releases })
const options = { stable: 'old', candidate: 'new', index: 3 }

test('a window is what was added between two reports, per bucket', () => {
  const before = report('t0', { old: counters(100, 1, [80, 95, 100]), new: counters(10, 0, [10, 10, 10]) })
  const after = report('t1', { old: counters(150, 2, [110, 140, 150]), new: counters(30, 5, [20, 25, 30]) })
  expect(windowBetween(before, after, options)).toEqual({
    index: 3,
    from: 't0',
    to: 't1',
    stable: {
      requests: 50,
      errors: 1,
      latency: [
        { le: 100, count: 30 },
        { le: 500, count: 15 },
        { le: null, count: 5 },
      ],
    },
    candidate: {
      requests: 20,
      errors: 5,
      latency: [
        { le: 100, count: 10 },
        { le: 500, count: 5 },
        { le: null, count: 5 },
      ],
    },
  })
})

test('a release that appeared in between counts from zero', () => {
  const after = report('t1', { old: counters(1, 0, [1, 1, 1]), new: counters(7, 1, [5, 6, 7]) })
  expect(windowBetween(report('t0', {}), after, options).candidate).toMatchObject({ requests: 7, errors: 1 })
})

test.each([
  ['a new beginning', counters(40, 2, [30, 35, 40], 'later')],
  ['a smaller number of requests', counters(5, 2, [3, 4, 5])],
  ['a smaller number of errors only', counters(40, 2, [30, 35, 40])],
  ['other buckets', { ...counters(40, 2, [30, 35, 40]), latency: [{ le: null, count: 40 }] }],
])('a reset shows as %s, and then counts from zero', (_, now) => {
  const before = report('t0', { new: counters(30, 3, [20, 25, 30]) })
  const { candidate } = windowBetween(before, report('t1', { new: now }), options)
  expect(candidate).toMatchObject({ requests: now.requests, errors: now.errors })
  expect(candidate?.latency.reduce((sum, { count }) => sum + count, 0)).toBe(now.requests)
})

test('a release that the later report does not name is unknown, not silent', () => {
  const before = report('t0', { new: counters(30, 3, [20, 25, 30]) })
  expect(windowBetween(before, report('t1', {}), options)).toMatchObject({ stable: null, candidate: null })
})

test('no stable release is no side', () => {
  const after = report('t1', { new: counters(1, 0, [1, 1, 1]) })
  expect(windowBetween(report('t0', {}), after, { ...options, stable: '' }).stable).toBeNull()
})

test('windows that follow each other add up to the whole', () => {
  const reports = [0, 1, 2, 3].map((i) => report(`t${i}`, { new: counters(i * 10, i, [i * 7, i * 9, i * 10]) }))
  const parts = [1, 2, 3].map((i) =>
    windowBetween(reports[i - 1] as TrafficReport, reports[i] as TrafficReport, { ...options, index: i }),
  )
  const whole = windowBetween(reports[0] as TrafficReport, reports[3] as TrafficReport, options)
  expect(parts.reduce((sum, { candidate }) => sum + (candidate?.requests ?? 0), 0)).toBe(whole.candidate?.requests)
  expect(parts.reduce((sum, { candidate }) => sum + (candidate?.errors ?? 0), 0)).toBe(whole.candidate?.errors)
})
