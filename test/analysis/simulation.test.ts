import { describe, expect, test } from 'vitest'
import { promoteMixture, rollbackMixture, singleAlternative } from '../../src/analysis/sequential/mixture.ts'
import { binomial, geometric, poisson, type Random, seeded } from '../../src/analysis/simulation/draws.ts'
import { independentErrors, latencies } from '../../src/analysis/simulation/traffic.ts'
import { decided, firstLook, firstLooks, medianLook } from '../../src/analysis/simulation/trial.ts'

const limit = Math.log(20)
const errors = (candidateRate: number, stableRate = 0.01) =>
  independentErrors(() => ({ candidateRequests: 50, stableRequests: 450, candidateRate, stableRate }))

describe('draws', () => {
  const moments = (draw: (random: Random) => number) => {
    const random = seeded(1)
    const values = Array.from({ length: 100_000 }, () => draw(random))
    const mean = values.reduce((a, b) => a + b) / values.length
    return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length]
  }

  test.each([
    ['binomial', binomial(200, 0.01), 2, 1.98],
    ['binomial, likely', binomial(20, 0.9), 18, 1.8],
    ['Poisson', poisson(7), 7, 7],
    ['geometric', geometric(5), 5, 20],
  ] as const)('%s: have their mean and variance', (_, draw, mean, variance) => {
    const [seenMean = 0, seenVariance = 0] = moments(draw)
    expect(Math.abs(seenMean / mean - 1)).toBeLessThan(0.015)
    expect(Math.abs(seenVariance / variance - 1)).toBeLessThan(0.04)
  })

  test('are the same for the same seed', () => {
    const [one, same, other] = [seeded(5), seeded(5), seeded(6)]
    const five = (random: Random) => Array.from({ length: 5 }, random)
    const first = five(one)
    expect(five(same)).toEqual(first)
    expect(five(other)).not.toEqual(first)
  })
})

describe('trials', () => {
  test('twice the rate is found with about the requests that the analysis promises', () => {
    const trial = { mixture: rollbackMixture(0), limit, looks: 1000, interval: errors(0.02) }
    const found = firstLooks(trial, 500, seeded(2))
    expect(decided(found).share).toBe(1)
    expect(50 * medianLook(found)).toBeLessThanOrEqual(1_150)
    const knowing = firstLooks({ ...trial, mixture: singleAlternative(1, 2) }, 500, seeded(2))
    expect(medianLook(knowing)).toBeLessThan(medianLook(found))
  })

  test('healthy and certainly harmful releases are seldom taken for the other', () => {
    const healthy = { mixture: rollbackMixture(0), limit, looks: 300, interval: errors(0.01) }
    expect(decided(firstLooks(healthy, 1_000, seeded(3))).share).toBeLessThanOrEqual(0.05)
    const harmful = { mixture: promoteMixture(2), limit, looks: 300, interval: errors(0.02) }
    expect(decided(firstLooks(harmful, 1_000, seeded(3))).share).toBeLessThanOrEqual(0.05)
  })

  test('the comparisons of a latency metric are averaged', () => {
    const shares = { candidate: [0.3, 0.4, 0.2, 0.1], stable: [0.5, 0.4, 0.09, 0.01] }
    const interval = latencies({ candidate: 50, stable: 50 }, shares, [0, 1, 2])
    expect(firstLook({ mixture: rollbackMixture(0), limit, looks: 100, interval }, seeded(4))).toBeLessThan(20)
  })
})
