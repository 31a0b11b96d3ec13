/** Values of independent implementations (scipy, statsmodels, savvi). */
import { describe, expect, test } from 'vitest'
import { clopperPearson, rateInterval, welch } from '../../src/analysis/baseline.ts'
import { exactTwoSided, mannWhitney, shift } from '../../src/analysis/mann-whitney/test.ts'
import { cleanRequestsFor, logBelowFloor } from '../../src/analysis/sequential/floor.ts'
import { logShareEvidence, logShareExcess, pValue, ratioInterval } from '../../src/analysis/sequential/lindon-malek.ts'
import {
  addScores,
  logEvidence,
  type Mixture,
  noScores,
  promoteMixture,
  rollbackMixture,
} from '../../src/analysis/sequential/mixture.ts'
import { logMixtureRatio } from '../../src/analysis/sequential/msprt.ts'

const a = [12.1, 13.4, 11.8, 15.2, 14.1, 12.9, 16.0, 13.3]
const b = [10.2, 11.1, 12.0, 9.8, 11.5, 10.9, 12.3, 11.0]

/** Within half a unit of the last digit that the reference gives. */
const expectAs = (value: number, printed: string) => {
  const decimals = printed.split('.')[1]?.length ?? 0
  expect(Math.abs(value - Number(printed)), `${value} is not ${printed}`).toBeLessThanOrEqual(0.51 * 10 ** -decimals)
}

describe('Mann-Whitney', () => {
  test('has the reference U and p-values, asymptotic and exact', () => {
    const { u, pTwoSided, pGreater } = mannWhitney(a, b)
    expect(u).toBe(61)
    expectAs(pTwoSided, '.002761604417827')
    expectAs(pGreater, '.001380802208914')
    expectAs(exactTwoSided(u, 8, 8), '.001087801087801')
  })

  test.each([
    [0.95, 1.0, 4.0],
    [0.98, 0.9, 4.3],
  ])('has the reference interval at %d, and the estimate', (confidence, lower, upper) => {
    const found = shift(a, b, confidence)
    expect(found.lower).toBeCloseTo(lower, 12)
    expect(found.upper).toBeCloseTo(upper, 12)
    expect(found.estimate).toBeCloseTo(2.3, 12)
  })
})

describe('the baseline', () => {
  test("has Welch's reference t, degrees of freedom and interval", () => {
    const found = welch(a, b)
    expectAs(found?.t ?? 0, '4.2214658509520')
    expectAs(found?.df ?? 0, '11.2455735848')
    expectAs(found?.lower ?? 0, '1.2000159714772')
    expectAs(found?.upper ?? 0, '3.7999840285228')
  })

  test('has the reference t-interval of a rate', () => {
    const { lower, upper } = rateInterval(12, 1000)
    expectAs(lower, '.005239778419')
    expectAs(upper, '.018760221581')
  })

  test('bounds a rate exactly where no error was seen, or nothing else', () => {
    const none = rateInterval(0, 100)
    expect(none.lower).toBe(0)
    expectAs(none.upper, '.0362')
    expect(none.upper).toBeCloseTo(1 - 0.025 ** (1 / 100), 12)
    expect(rateInterval(100, 100).lower).toBeCloseTo(0.025 ** (1 / 100), 12)
    // Clopper & Pearson's own inverse: the binomial tail at the bound is what it should be.
    const { upper } = clopperPearson(1, 10)
    expect((1 - upper) ** 10 + 10 * upper * (1 - upper) ** 9).toBeCloseTo(0.025, 12)
  })
})

describe('Lindon and Malek', () => {
  test.each([
    [20, 80, 0.1, '1.9207240022', '2.6721457453'],
    [70, 40, 0.5, '1.7882704832', '2.4623780770'],
    [2300, 18000, 0.1, '16.4006358013', '17.1674796842'],
    [5, 0, 0.05, '1.4780516140', '2.2514989863'],
    [0, 50, 0.1, '1.0185823715', '-.9774918836'],
  ])('have the reference evidence for %d against %d at a share of %d', (candidate, stable, share, two, one) => {
    const test = { candidate, stable, share, concentration: 100 }
    expect(Math.abs(logShareEvidence(test) - Number(two))).toBeLessThan(1e-9)
    expect(Math.abs(logShareExcess(test) - Number(one))).toBeLessThan(1e-9)
  })

  test('have the reference p-value and confidence sequence', () => {
    expectAs(pValue(logShareEvidence({ candidate: 20, stable: 80, share: 0.1 })), '.146501')
    const { lower, upper } = ratioInterval({ candidate: 2300, stable: 18000, share: 0.1 }, 0.05)
    expectAs(lower, '1.0656039928')
    expectAs(upper, '1.2392586897')
  })

  test('leave the ratio open where one side has no event', () => {
    expect(ratioInterval({ candidate: 5, stable: 0, share: 0.05 }, 0.05).upper).toBe(Number.POSITIVE_INFINITY)
    expect(ratioInterval({ candidate: 0, stable: 50, share: 0.1 }, 0.05).lower).toBe(0)
    expect(ratioInterval({ candidate: 0, stable: 0, share: 0.1 }, 0.05)).toEqual({
      lower: 0,
      upper: Number.POSITIVE_INFINITY,
    })
  })
})

describe('the mixture', () => {
  const intervals = [
    [3, 20, 500, 9500],
    [4, 18, 500, 9500],
    [6, 45, 1000, 9000],
    [9, 40, 1000, 9000],
  ] as const
  const evidence = (of: Mixture) =>
    logEvidence(
      intervals.reduce<readonly number[]>(
        (scores, [candidateEvents, stableEvents, candidateRequests, stableRequests]) =>
          addScores(scores, of, { candidateEvents, stableEvents, candidateRequests, stableRequests }),
        noScores(of),
      ),
    )

  test.each([
    ['no tolerance', rollbackMixture(0), '2.1523563276'],
    ['a quarter tolerated', rollbackMixture(0.25), '.2206542609'],
    ['promotion at twice', promoteMixture(2), '-2.0906326425'],
  ])('has the reference evidence with %s', (_, of, printed) => {
    expectAs(evidence(of), printed)
  })
})

test('the mSPRT has its reference value', () => {
  expectAs(logMixtureRatio(500, 0.2, 2, 0.01), '2.945047087')
})

test('2,995 clean requests certify less than 0.1 % at 95 %', () => {
  expect(cleanRequestsFor(0.001, 0.05)).toBe(2995)
  expect(logBelowFloor(0, 2995, 0.001)).toBeGreaterThanOrEqual(Math.log(20))
  expect(logBelowFloor(0, 2994, 0.001)).toBeLessThan(Math.log(20))
})
