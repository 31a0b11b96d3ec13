import { describe, expect, test } from 'vitest'
import { type Classified, classify } from '../../src/analysis/mann-whitney/classify.ts'
import { judgeMannWhitney } from '../../src/analysis/mann-whitney/judge.ts'
import { type ScoredMetric, score } from '../../src/analysis/mann-whitney/score.ts'
import { shift } from '../../src/analysis/mann-whitney/test.ts'

const kayenta = { tolerance: 0.1, confidence: 0.95 }
const critical = { ...kayenta, critical: true }
const repeat = (value: number, times: number) => new Array<number>(times).fill(value)

describe("Kayenta's own expectations", () => {
  const high = [20, 22, 21, 25, 30]
  const low = [1, 2.2, 1.1, 2.5, 3]

  test('higher and critical, unless so large an increase is allowed', () => {
    expect(classify(high, low, critical)).toMatchObject({ classification: 'high', critical: true })
    const allowed = classify(high, low, { ...critical, allowedIncrease: 13 })
    expect(allowed).toMatchObject({ classification: 'pass', critical: false })
    expect(allowed.effect).toBeCloseTo(12.04, 2)
  })

  test('lower and critical', () => {
    const options = { ...critical, criticalIncrease: 1.2, criticalDecrease: 1.0 }
    expect(classify([2, 2, 2, 2, 3], [10, 20.2, 10.1, 20.5, 30], options)).toMatchObject({
      classification: 'low',
      critical: true,
    })
  })

  test.each([
    ['one value among equal ones differs', [1, 1, 1, 1, 10], repeat(1, 5), 'pass'],
    ['neither series varies', repeat(10, 5), repeat(0, 5), 'high'],
    ['there is nothing', [], [1, 2, 3, 4, 5], 'no-data'],
  ])('%s', (_, x, y, expected) => {
    expect(classify(x, y, kayenta).classification).toBe(expected)
  })

  test('an empty series passes only where missing values are asked to be zero', () => {
    expect(classify([], [1, 2, 3, 4, 5], { ...kayenta, missing: 'replace' }).classification).toBe('pass')
  })

  const metric = (classification: Classified['classification'], group: string, more = {}): ScoredMetric => {
    const name = `${group}/${classification}`
    return { name, group, classification, critical: false, effect: 1, reason: '', ...more }
  }

  test('groups are weighted', () => {
    const metrics = [metric('high', 'a'), metric('low', 'a'), metric('pass', 'a'), metric('high', 'b')]
    expect(score(metrics, { weights: { a: 15, b: 85 } }).score).toBeCloseTo(5, 9)
    expect(score(metrics.slice(0, 3)).score).toBeCloseTo(100 / 3, 9)
  })

  test('a group without data does not lower the score, half of the metrics without data makes it 0', () => {
    const some = score([metric('pass', 'a'), metric('pass', 'a'), metric('no-data', 'b')])
    expect(some).toMatchObject({ score: 100, verdict: 'pass' })
    expect(score([metric('pass', 'a'), metric('no-data', 'b')])).toMatchObject({ score: 0, verdict: 'no-data' })
  })

  test('pass and marginal thresholds decide', () => {
    const of = (good: number) => [...repeat(0, good).map(() => metric('pass', 'a')), metric('high', 'a')]
    expect(score(of(3), { pass: 75, marginal: 50 }).verdict).toBe('pass')
    expect(score(of(3), { pass: 95, marginal: 75 }).verdict).toBe('inconclusive')
    expect(score(of(1)).verdict).toBe('fail')
  })
})

describe('faults that are not copied', () => {
  const x = [0.2, 0.22, 0.21, 0.25, 0.3, 0.24]
  const y = [0.1, 0.12, 0.13, 0.125, 0.14, 0.11]

  test.each([1e-9, 1e-3, 1, 1e6])('the verdict is the same in another unit (× %d)', (unit) => {
    const scale = (values: number[]) => values.map((value) => value * unit)
    expect(classify(scale(x), scale(y)).classification).toBe('high')
    expect(classify(scale(y), scale(x)).classification).toBe('low')
    expect(shift(scale(x), scale(y), 0.98).estimate / unit).toBeCloseTo(shift(x, y, 0.98).estimate, 9)
  })

  test('a critical metric that cannot be judged stays critical', () => {
    const broken = { name: 'errors', candidate: [Number.POSITIVE_INFINITY], stable: [1], critical: true }
    const fine = ['a', 'b', 'c'].map((name) => ({ name, candidate: y, stable: y }))
    expect(judgeMannWhitney([broken, ...fine]).verdict).toBe('fail')
  })

  test('a group of errors only has 0, not 100', () => {
    const broken = { name: 'broken', candidate: [Number.POSITIVE_INFINITY], stable: [1] }
    const fine = ['a', 'b', 'c'].map((name) => ({ name, candidate: y, stable: y }))
    expect(judgeMannWhitney(fine).verdict).toBe('pass')
    expect(judgeMannWhitney([broken, ...fine]).verdict).not.toBe('pass')
  })

  test('nothing but errors, missing values or nothing at all never passes', () => {
    const infinite = { name: 'a', candidate: [Number.NEGATIVE_INFINITY], stable: [1] }
    const missing = { name: 'b', candidate: [Number.NaN, Number.NaN], stable: [1, 2] }
    for (const metrics of [[infinite], [missing], [infinite, missing], []]) {
      expect(judgeMannWhitney(metrics).verdict).not.toBe('pass')
    }
  })
})

test('direction, effect size and outliers are as declared', () => {
  const [x, y] = [[20, 22, 21, 25, 30, 24], repeat(10, 6)]
  expect(classify(x, y, { direction: 'decrease' }).classification).toBe('pass')
  expect(classify(x, y, { direction: 'increase', effect: 'common-language' })).toMatchObject({
    classification: 'high',
    effect: 1,
  })
  const spiky = [...repeat(10, 300).map((value, i) => value + (i % 7) / 10), 9_000, 9_500]
  const steady = repeat(10, 302).map((value, i) => value + (i % 7) / 10)
  expect(classify(spiky, steady, { outliers: 'keep' }).effect).toBeGreaterThan(5)
  expect(classify(spiky, steady, { outliers: 'remove' }).effect).toBeCloseTo(1, 2)
})
