import { judgeBaseline } from '../src/analysis/baseline.ts'
import { classify } from '../src/analysis/mann-whitney/classify.ts'
import { addCounts, type Counts, noCounts } from '../src/analysis/sequential/counts.ts'
import type { Random } from '../src/analysis/simulation/draws.ts'
import type { Trial } from '../src/analysis/simulation/trial.ts'

type Interval = Trial['interval']

/** Shares of healthy runs that fixed tests, repeated at every look over all counts so far, would have rolled back. */
export function peeked(interval: Interval, looks: number, runs: number, random: Random) {
  const hits = { zTest: 0, tInterval: 0, threshold: 0 }
  for (let i = 0; i < runs; i++) {
    const rejected = { zTest: false, tInterval: false, threshold: false }
    let totals = noCounts
    for (let look = 1; look <= looks && !(rejected.zTest && rejected.tInterval && rejected.threshold); look++) {
      const [counts] = interval(look, random)
      if (!counts) continue
      totals = addCounts(totals, counts)
      rejected.zTest ||= zTest(totals)
      rejected.tInterval ||= tInterval(totals)
      rejected.threshold ||= counts.candidateEvents / counts.candidateRequests > 0.02
    }
    for (const name of ['zTest', 'tInterval', 'threshold'] as const) if (rejected[name]) hits[name]++
  }
  return { zTest: hits.zTest / runs, tInterval: hits.tInterval / runs, threshold: hits.threshold / runs }
}

/** Two proportions, pooled variance, one-sided at 5 %. */
function zTest({ candidateEvents: kt, candidateRequests: nt, stableEvents: kc, stableRequests: nc }: Counts): boolean {
  const pooled = (kt + kc) / (nt + nc)
  return kt / nt - kc / nc > 1.6448536269514722 * Math.sqrt(pooled * (1 - pooled) * (1 / nt + 1 / nc))
}

/** The baseline judge without a tolerance, which is right at one look. */
function tInterval(counts: Counts): boolean {
  const { candidateEvents, candidateRequests, stableEvents, stableRequests } = counts
  // Its quantile is the slow part, and where the candidate is not worse it cannot fail.
  if (candidateEvents / candidateRequests <= stableEvents / stableRequests) return false
  const sides = { candidateErrors: candidateEvents, candidateRequests, stableErrors: stableEvents, stableRequests }
  return judgeBaseline(sides, { tolerance: 0, minimum: 100 }).verdict === 'fail'
}

/** Share of runs in which Mann-Whitney on error rates a minute, with Kayenta's defaults, ever finds the increase. */
export function kayentaPower(interval: Interval, minutes: number, runs: number, random: Random): number {
  let found = 0
  for (let i = 0; i < runs; i++) {
    const candidate: number[] = []
    const stable: number[] = []
    for (let minute = 1; minute <= minutes; minute++) {
      const [counts] = interval(minute, random)
      if (!counts) continue
      candidate.push(counts.candidateEvents / counts.candidateRequests)
      stable.push(counts.stableEvents / counts.stableRequests)
      if (minute % 10 !== 0) continue
      if (classify(candidate, stable, { direction: 'increase' }).classification === 'high') {
        found++
        break
      }
    }
  }
  return found / runs
}
