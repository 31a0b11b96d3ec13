import { expect, test } from 'vitest'
import { logSumExp } from '../../src/analysis/log-space.ts'
import type { Counts } from '../../src/analysis/sequential/counts.ts'
import { addLateOnset, lateOnsetEvidence, noLateOnset, restarts } from '../../src/analysis/sequential/late-onset.ts'
import { addScores, logEvidence, noScores, rollbackMixture } from '../../src/analysis/sequential/mixture.ts'
import { judgeSequential } from '../../src/analysis/sequential/sequential.ts'
import { binomial, seeded } from '../../src/analysis/simulation/draws.ts'

const mixture = rollbackMixture(0.25)
const random = seeded(11)
const [healthy, harmful] = [binomial(200, 0.01), binomial(200, 0.03)]
const intervals = Array.from(
  { length: 360 },
  (_, i): Counts => ({
    candidateEvents: (i < 300 ? healthy : harmful)(random),
    candidateRequests: 200,
    stableEvents: healthy(random),
    stableRequests: 200,
  }),
)
const scoresOf = (counts: readonly Counts[]) =>
  counts.reduce<readonly number[]>((scores, each) => addScores(scores, mixture, each), noScores(mixture))

test('is half the whole and half the mean of sixteen that begin after 1, 2, 4, … intervals', () => {
  let state = noLateOnset(mixture)
  expect(lateOnsetEvidence(state)).toBeCloseTo(0, 12)
  intervals.forEach((counts, i) => {
    state = addLateOnset(state, mixture, counts)
    if (![1, 2, 3, 64, 300, 340].includes(i + 1)) return
    const begun = Array.from({ length: restarts }, (_, j) => intervals.slice(2 ** j, i + 1))
    const parts = begun.map((rest) => logEvidence(scoresOf(rest)) + Math.log(0.5 / restarts))
    const expected = logSumExp([logEvidence(scoresOf(intervals.slice(0, i + 1))) + Math.log(0.5), ...parts])
    expect(lateOnsetEvidence(state)).toBeCloseTo(expected, 9)
  })
})

test('harm that begins after a long healthy time is seen, where the evidence of the whole does not see it yet', () => {
  const windows = intervals.map((counts, index) => ({
    index,
    from: '',
    to: '',
    candidate: { requests: counts.candidateRequests, errors: counts.candidateEvents, latency: [] },
    stable: { requests: counts.stableRequests, errors: counts.stableEvents, latency: [] },
  }))
  // A bound that nothing certifies here, so that the healthy time does not end the analysis.
  const verdict = (lateOnset: boolean) =>
    judgeSequential(windows, { metrics: [{ name: 'errors', kind: 'errors', lateOnset }], bound: 1.01, beta: 1e-6 })
      .verdict
  expect(verdict(true)).toBe('fail')
  expect(verdict(false)).toBe('inconclusive')
})
