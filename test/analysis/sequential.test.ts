import { describe, expect, test } from 'vitest'
import type { Measurement, SideCounts } from '../../src/analysis/judge.ts'
import { dispersion } from '../../src/analysis/sequential/dispersion.ts'
import {
  addWindow,
  type Evidence,
  logHarm,
  logHarmOfAll,
  logHealth,
  noEvidence,
} from '../../src/analysis/sequential/evidence.ts'
import { edgesNear, slowerThan } from '../../src/analysis/sequential/latency.ts'
import type { SequentialOptions } from '../../src/analysis/sequential/options.ts'
import { packEvidence, unpackEvidence } from '../../src/analysis/sequential/pack.ts'
import { addSampleRatio, logMismatch, noSampleRatio } from '../../src/analysis/sequential/sample-ratio.ts'
import { judgeSequential } from '../../src/analysis/sequential/sequential.ts'
import { binomial, seeded } from '../../src/analysis/simulation/draws.ts'

const errors: SequentialOptions = { metrics: [{ name: 'errors', kind: 'errors' }] }
const side = (requests: number, bad: number, latency: SideCounts['latency'] = []): SideCounts => ({
  requests,
  errors: bad,
  latency,
})
const window = (index: number, candidate: SideCounts | null, stable: SideCounts | null): Measurement => ({
  index,
  from: '',
  to: '',
  candidate,
  stable,
})
type Row = readonly [candidateErrors: number, candidateRequests: number, stableErrors: number, stableRequests: number]
const windows = (rows: readonly Row[]) =>
  rows.map(([kt, nt, kc, nc], index) => window(index, side(nt, kt), side(nc, kc)))
const evidenceOf = (all: readonly Measurement[], options = errors): Evidence =>
  all.reduce((evidence, each) => addWindow(evidence, each, options), noEvidence(options))
const harmOf = (evidence: Evidence, options = errors) => logHarmOfAll(evidence, options)
const times = (row: Row, count: number): Row[] => Array.from({ length: count }, () => row)

describe('verdicts', () => {
  test.each([
    ['five times the errors fail', times([50, 1000, 10, 1000], 5), 'fail'],
    ['the same rate at length passes', times([10, 1000, 10, 1000], 40), 'pass'],
    ['a little of both is neither', times([1, 100, 1, 100], 3), 'inconclusive'],
    ['no traffic is no data', times([0, 0, 0, 0], 5), 'no-data'],
    ['a candidate alone is no data', times([5, 100, 0, 0], 5), 'no-data'],
    ['a stable release alone is no data', times([0, 0, 5, 100], 5), 'no-data'],
  ] as const)('%s', (_, rows, verdict) => {
    expect(judgeSequential(windows(rows), errors).verdict).toBe(verdict)
  })

  test('a decision once taken stays, whatever comes after it', () => {
    const bad = windows(times([50, 1000, 10, 1000], 5))
    const good = windows(times([0, 1000, 100, 1000], 50)).map((each, i) => ({ ...each, index: 5 + i }))
    expect(evidenceOf([...bad, ...good]).decision).toBe('rollback')
    const certified = windows(times([10, 1000, 10, 1000], 40))
    const later = windows(times([500, 1000, 1, 1000], 5)).map((each, i) => ({ ...each, index: 40 + i }))
    expect(evidenceOf([...certified, ...later]).decision).toBe('promote')
  })

  test('the evidence says rates, interval, progress and what would decide', () => {
    const { evidence } = judgeSequential(windows(times([2, 100, 10, 900], 4)), errors, {
      stable: '1.7.0',
      candidate: '1.8.0',
    })
    expect(evidence).toHaveLength(1)
    expect(evidence[0]).toMatch(
      /^errors: 2 % \(8 of 400\) on 1\.8\.0, 1\.11 % \(40 of 3600\) on 1\.7\.0 \(ratio between [\d.]+ and [\d.]+\); harm \d+ %, health \d+ % of what decides, about \d+ more requests on 1\.8\.0 at these rates$/,
    )
  })

  test('what it says would decide does', () => {
    const row: Row = [4, 100, 10, 900]
    const judged = judgeSequential(windows([row, row]), errors)
    const more = Number(/about (\d+) more/.exec(judged.evidence[0] ?? '')?.[1])
    const looks = 2 + Math.ceil(more / 100)
    expect(judgeSequential(windows(times(row, looks)), errors).verdict).toBe('fail')
    expect(judgeSequential(windows(times(row, looks - 2)), errors).verdict).toBe('inconclusive')
  })
})

describe('cases that others filed as wrong', () => {
  test('seven windows in ten a hundred times worse: fails', () => {
    const rows: Row[] = [...times([100, 1000, 1, 1000], 7), ...times([1, 1000, 1, 1000], 3)]
    expect(judgeSequential(windows(rows), errors).verdict).toBe('fail')
    expect(judgeSequential(windows(rows.toReversed()), errors).verdict).toBe('fail')
  })

  test('four scattered errors against none at equal traffic: no rollback, and no proof either', () => {
    const rows = [0, 1, 2, 1, 0, 0].map((bad): Row => [bad, 1000, 0, 1000])
    expect(judgeSequential(windows(rows), errors).verdict).toBe('inconclusive')
    const strict = { metrics: [{ name: 'errors', kind: 'errors' as const, tolerance: 0 }] }
    expect(judgeSequential(windows(rows), strict).verdict).toBe('inconclusive')
  })
})

describe('numbers that cannot be true', () => {
  const bad: SideCounts[] = [
    side(Number.NaN, 0),
    side(100, Number.NaN),
    side(Number.POSITIVE_INFINITY, 0),
    side(-100, 0),
    side(100, -1),
    side(100, 101),
  ]
  test.each(bad.map((each, i) => [i, each] as const))('add nothing, so they are never a pass (%d)', (_, wrong) => {
    const rows = Array.from({ length: 50 }, (_each, i) => window(i, wrong, side(1000, 10)))
    expect(judgeSequential(rows, errors).verdict).toBe('no-data')
    const between = [...windows([[1, 100, 1, 100]]), window(1, side(100, 1), wrong), window(2, wrong, null)]
    expect(harmOf(evidenceOf(between))).toBe(harmOf(evidenceOf(windows([[1, 100, 1, 100]]))))
  })

  test('and neither are series that are missing, or no metric at all', () => {
    expect(judgeSequential([window(0, null, side(1000, 10)), window(1, side(10, 0), null)], errors).verdict).toBe(
      'no-data',
    )
    expect(judgeSequential(windows(times([10, 1000, 10, 1000], 40)), { metrics: [] }).verdict).toBe('no-data')
    const blind: SequentialOptions = { metrics: [{ name: 'latency', kind: 'latency', edges: [] }] }
    expect(judgeSequential(windows(times([10, 1000, 10, 1000], 40)), blind).verdict).toBe('no-data')
  })

  test('NaN buckets of a histogram add nothing', () => {
    const metric: SequentialOptions = { metrics: [{ name: 'latency', kind: 'latency', edges: [100] }] }
    const latency = [
      { le: 100, count: Number.NaN },
      { le: null, count: 10 },
    ]
    expect(judgeSequential([window(0, side(20, 0, latency), side(20, 0, latency))], metric).verdict).toBe('no-data')
  })
})

describe('properties', () => {
  const random = seeded(7)
  const draw = binomial(200, 0.02)
  const rows = Array.from({ length: 60 }, (): Row => [draw(random), 200, draw(random), 200])

  test('the same data cut into other intervals at a fixed weight are the same evidence', () => {
    const whole = evidenceOf(windows(rows))
    for (const size of [2, 3, 5, 12, 60]) {
      const joined = Array.from({ length: rows.length / size }, (_, i) =>
        rows
          .slice(i * size, (i + 1) * size)
          .reduce((x, y): Row => [x[0] + y[0], x[1] + y[1], x[2] + y[2], x[3] + y[3]], [0, 0, 0, 0]),
      )
      const cut = evidenceOf(windows(joined))
      expect(harmOf(cut)).toBeCloseTo(harmOf(whole), 9)
      expect(cut.metrics[0] && logHealth(cut.metrics[0], { name: '', kind: 'errors' })).toBeCloseTo(
        (whole.metrics[0] && logHealth(whole.metrics[0], { name: '', kind: 'errors' })) ?? Number.NaN,
        9,
      )
    }
  })

  test('one more error of the candidate never lowers the evidence of harm, one of stable never raises it', () => {
    rows.forEach(([kt, nt, kc, nc], i) => {
      const changed = (row: Row) => harmOf(evidenceOf(windows(rows.with(i, row))))
      expect(changed([kt + 1, nt, kc, nc])).toBeGreaterThanOrEqual(harmOf(evidenceOf(windows(rows))))
      expect(changed([kt, nt, kc + 1, nc])).toBeLessThanOrEqual(harmOf(evidenceOf(windows(rows))))
    })
  })

  test('the unit of latency does not matter', () => {
    const histogram = (unit: number, slow: number): SideCounts =>
      side(100 + slow, 0, [
        { le: 50 * unit, count: 50 },
        { le: 200 * unit, count: 50 },
        { le: null, count: slow },
      ])
    const found = [0.001, 1, 1000].map((unit) => {
      const metric: SequentialOptions = {
        metrics: [{ name: 'latency', kind: 'latency', edges: edgesNear(histogram(unit, 2).latency) }],
      }
      const all = Array.from({ length: 10 }, (_, i) => window(i, histogram(unit, 12), histogram(unit, 2)))
      return [judgeSequential(all, metric).verdict, harmOf(evidenceOf(all, metric), metric)]
    })
    expect(found[0]?.[0]).toBe('fail')
    expect(new Set(found.map((each) => JSON.stringify(each))).size).toBe(1)
  })

  test('a window that was consumed adds nothing again', () => {
    const all = windows(rows)
    const twice = all.flatMap((each, i) => [each, ...all.slice(0, i + 1)])
    expect(evidenceOf(twice)).toEqual(evidenceOf(all))
  })

  test('the state survives a heartbeat at every look', () => {
    const straight = evidenceOf(windows(rows))
    const carried = windows(rows).reduce<Evidence>((evidence, each) => {
      const packed = JSON.parse(JSON.stringify(packEvidence(addWindow(evidence, each, errors))))
      expect(packEvidence(unpackEvidence(packed))).toEqual(packed)
      return unpackEvidence(packed)
    }, noEvidence(errors))
    expect(harmOf(carried)).toBeCloseTo(harmOf(straight), 8)
    expect(carried.metrics[0]?.comparisons[0]?.totals).toEqual(straight.metrics[0]?.comparisons[0]?.totals)
    expect(carried.decision).toBe(straight.decision)
  })

  test('ten metrics of latency fit a heartbeat of 16 KiB', () => {
    const edges = [50, 200, 1000]
    const ten: SequentialOptions = {
      metrics: Array.from({ length: 10 }, (_, i) => ({ name: `${i}`, kind: 'latency' as const, edges })),
    }
    const histogram = [...edges, null].map((le, i) => ({ le, count: 1_000_003 * (4 - i) }))
    const full = side(10_000_030, 0, histogram)
    const all = Array.from({ length: 20 }, (_, i) => window(i, full, full))
    expect(Buffer.byteLength(JSON.stringify(packEvidence(evidenceOf(all, ten))))).toBeLessThan(16 * 1024)
  })

  test('nothing overflows at a billion requests', () => {
    const huge = evidenceOf(windows(times([50_000_000, 1e9, 10_000_000, 1e9], 20)))
    expect(huge.decision).toBe('rollback')
    expect(Number.isFinite(harmOf(huge))).toBe(true)
  })
})

describe('several metrics', () => {
  const latency = (slow: number): SideCounts['latency'] => [
    { le: 100, count: 100 - slow },
    { le: null, count: slow },
  ]
  const both = (weight: number): SequentialOptions => ({
    metrics: [
      { name: 'errors', kind: 'errors', weight },
      { name: 'latency', kind: 'latency', edges: [100], weight: 1 },
    ],
  })
  const slowLooks = (count: number) =>
    Array.from({ length: count }, (_, i) => window(i, side(100, 1, latency(30)), side(100, 1, latency(10))))

  test('harm is the weighted mean of what each shows', () => {
    const evidence = evidenceOf(slowLooks(2), both(3))
    const [first, second] = evidence.metrics.map((each, i) =>
      Math.exp(logHarm(each, { ...both(3).metrics[i], name: '', kind: 'errors' })),
    )
    expect(Math.exp(harmOf(evidence, both(3)))).toBeCloseTo(0.75 * (first ?? 0) + 0.25 * (second ?? 0), 9)
  })

  test('one harmful metric rolls back; all must be certified to promote', () => {
    expect(judgeSequential(slowLooks(12), both(1)).verdict).toBe('fail')
    const certifiedErrorsOnly = windows(times([100, 1000, 100, 1000], 40))
    expect(judgeSequential(certifiedErrorsOnly, both(1)).verdict).toBe('inconclusive')
  })
})

describe('the floor', () => {
  const floor: SequentialOptions = { metrics: [{ name: 'errors', kind: 'errors', floor: 0.01 }] }

  test('errors below it are no harm, however much they grew; above it they are', () => {
    const small = windows(times([5, 1000, 1, 1000], 40))
    expect(judgeSequential(small, errors).verdict).toBe('fail')
    expect(judgeSequential(small, floor).verdict).toBe('inconclusive')
    expect(judgeSequential(windows(times([50, 1000, 1, 1000], 40)), floor).verdict).toBe('fail')
  })

  test('without any error, enough requests certify', () => {
    expect(judgeSequential(windows(times([0, 100, 0, 100], 3)), floor).verdict).toBe('inconclusive')
    expect(judgeSequential(windows(times([0, 100, 0, 100], 4)), floor).verdict).toBe('pass')
    expect(judgeSequential(windows(times([0, 100, 0, 100], 1000)), errors).verdict).toBe('inconclusive')
  })
})

describe('what goes with it', () => {
  test('edges are those nearest the p50, p90 and p99 that something was above', () => {
    const counts = [300, 250, 200, 160, 80, 9, 1, 0, 0]
    const buckets = counts.map((count, i) => ({ le: i === counts.length - 1 ? null : 2 ** i, count }))
    expect(edgesNear(buckets)).toEqual([2, 8, 16])
    expect(slowerThan(buckets, 8)).toBe(90)
    expect(edgesNear(buckets.map(({ le }) => ({ le, count: 0 })))).toEqual([])
  })

  test('errors that are independent are guarded little, bursts much, and nothing known not at all', () => {
    const random = seeded(3)
    const draw = binomial(200, 0.02)
    const calm = Array.from({ length: 60 }, () => ({ events: draw(random), requests: 200 }))
    const bursty = Array.from({ length: 60 }, (_, i) => ({ events: i % 10 === 0 ? 40 : 0, requests: 200 }))
    expect(dispersion(calm)).toBeLessThan(2)
    expect(dispersion(bursty)).toBeGreaterThan(20)
    expect(dispersion([])).toBe(1)
    expect(dispersion([{ events: Number.NaN, requests: 100 }])).toBe(1)
  })

  test('a router that does not send what it says is found, one that does is not, across changes of weight', () => {
    const honest = [0.01, 0.05, 0.25, 0.5].reduce(
      (state, share) => addSampleRatio(state, share, 10_000 * share, 10_000 * (1 - share)),
      noSampleRatio,
    )
    expect(logMismatch(honest)).toBeLessThan(0)
    const wrong = addSampleRatio(noSampleRatio, 0.1, 2_000, 8_000)
    expect(logMismatch(wrong)).toBeGreaterThan(Math.log(1000))
    const after = addSampleRatio(wrong, 0.5, 5_000, 5_000)
    expect(logMismatch(after)).toBeGreaterThan(Math.log(1000))
    expect(logMismatch(addSampleRatio(noSampleRatio, 1, 100, 0))).toBe(0)
  })
})
