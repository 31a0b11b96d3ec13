/**
 * What the analysis' simulation must show: chances of wrong decisions and requests needed for right ones, with the
 * judges that others use in the same run. Seeded; `quick` has fewer runs.
 */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf'
import { dispersion } from '../src/analysis/sequential/dispersion.ts'
import { type Mixture, promoteMixture, rollbackMixture, singleAlternative } from '../src/analysis/sequential/mixture.ts'
import { seeded } from '../src/analysis/simulation/draws.ts'
import { burstyErrors, type Flow, independentErrors, latencies } from '../src/analysis/simulation/traffic.ts'
import { decided, firstLooks, medianLook, type Trial } from '../src/analysis/simulation/trial.ts'
import { cost } from './analysis-cost.ts'
import { kayentaPower, peeked } from './analysis-peers.ts'
import type { Bench, Figure } from './run.ts'

interface Options {
  quick: boolean
  log: (line: string) => void
}

type Figures = Record<string, Figure>

const seed = 20_260_105
const limit = Math.log(1 / 0.05)
const looks = 10_000

export async function analysis({ quick, log }: Options): Promise<Bench> {
  const figures: Figures = {}
  for (const [part, measure] of Object.entries({
    cost,
    falseAlarms,
    bursts,
    falsePromotions,
    detection,
    latency,
    lateHarm,
    power,
  })) {
    const began = performance.now()
    Object.assign(figures, measure(quick))
    log(`${part}: ${((performance.now() - began) / 1000).toFixed(1)} s`)
  }
  return { name: 'analysis', figures }
}

const split = (share: number, requests: number): Pick<Flow, 'candidateRequests' | 'stableRequests'> => ({
  candidateRequests: requests,
  stableRequests: Math.round((requests * (1 - share)) / share),
})

/** Weights 1, 5, 25 and 50 % of 400 requests a look, the first three for 60 looks each: evidence is carried across. */
const ramp = (look: number) => {
  const candidateRequests = Math.round(400 * ([0.01, 0.05, 0.25][Math.floor((look - 1) / 60)] ?? 0.5))
  return { candidateRequests, stableRequests: 400 - candidateRequests }
}

/** A day of 1,440 looks in 24 steps: traffic between half and one and a half times its mean, error rates too. */
const swing = (look: number) => 1 + Math.round(10 * Math.sin((2 * Math.PI * Math.floor(look / 60)) / 24)) / 20

function falseAlarms(quick: boolean): Figures {
  const rate = 0.01
  const healthy = (flow: (look: number) => Omit<Flow, 'candidateRate' | 'stableRate'>, change = (_: number) => 1) =>
    independentErrors((look) => ({
      ...flow(look),
      candidateRate: rate * change(look),
      stableRate: rate * change(look),
    }))
  const even = healthy(() => split(0.5, 200))
  const peers = peeked(even, looks, quick ? 100 : 400, seeded(seed))
  const scenarios: Record<string, Trial['interval']> = {
    '50/50': even,
    '10/90': healthy(() => split(0.1, 200)),
    'ramp 1/5/25/50': healthy(ramp),
    'day and night': healthy((look) => split(0.5, Math.round(200 * swing(look))), swing),
  }
  const figures: Figures = {}
  for (const [name, interval] of Object.entries(scenarios)) {
    const { share, upper } = decided(run({ mixture: rollbackMixture(0), interval, looks }, quick ? 1_000 : 4_000))
    figures[`false rollbacks, ${name}`] = {
      value: share,
      unit: 'share of runs; reference: a z-test at every look',
      reference: peers.zTest,
      ratio: share / peers.zTest,
    }
    figures[`false rollbacks, ${name}, upper 95 % bound`] = atMost(upper, 'share of runs', 0.05)
  }
  return {
    ...figures,
    'false rollbacks of a repeated t-interval': { value: peers.tInterval, unit: 'share of runs' },
    'false rollbacks of "an interval over twice the true rate"': { value: peers.threshold, unit: 'share of runs' },
  }
}

function bursts(quick: boolean): Figures {
  const flow = { ...split(0.5, 200), candidateRate: 0.01, stableRate: 0.01 }
  const { interval, stable } = burstyErrors(flow, 5)
  const trial = { mixture: rollbackMixture(0), interval, looks: quick ? 2_000 : looks }
  const before = (random: Parameters<typeof stable>[0]) =>
    dispersion(Array.from({ length: 60 }, () => ({ events: stable(random), requests: flow.stableRequests })))
  const guarded = decided(run({ ...trial, dispersion: before }, quick ? 600 : 4_000)).share
  const bare = decided(run(trial, quick ? 200 : 1_000)).share
  return {
    'false rollbacks, bursts of mean 5': {
      ...atMost(guarded, 'share of runs; reference: without the guard', 0.05),
      reference: bare,
      ratio: guarded / bare,
    },
  }
}

function falsePromotions(quick: boolean): Figures {
  const figures: Figures = {}
  for (const [name, share] of Object.entries({ '50/50': 0.5, '10/90': 0.1 })) {
    const interval = independentErrors(() => ({ ...split(share, 200), candidateRate: 0.02, stableRate: 0.01 }))
    const wrong = decided(run({ mixture: promoteMixture(2), interval, looks }, quick ? 400 : 4_000)).share
    figures[`false promotions at twice the rate, ${name}`] = atMost(wrong, 'share of runs', 0.05)
  }
  return figures
}

/** Medians at ψ0 = 1, against a test that knows both rates beforehand: nothing valid at every look is much faster. */
function detection(quick: boolean): Figures {
  const cases = [
    { name: '1 → 2 %, 50/50', requests: 50, share: 0.5, rate: 0.01, goal: 2_000 },
    { name: '1 → 2 %, 10/90', requests: 50, share: 0.1, rate: 0.01, goal: 1_100 },
    { name: '0.1 → 0.2 %, 50/50', requests: 500, share: 0.5, rate: 0.001, goal: 20_000 },
    { name: '0.1 → 0.2 %, 10/90', requests: 500, share: 0.1, rate: 0.001, goal: 11_000 },
  ]
  const figures: Figures = {}
  for (const { name, requests, share, rate, goal } of cases) {
    const interval = independentErrors(() => ({ ...split(share, requests), candidateRate: 2 * rate, stableRate: rate }))
    const needed = (mixture: Mixture) =>
      requests * medianLook(run({ mixture, interval, looks: 4_000 }, quick ? 4_000 : 20_000))
    const [value, reference] = [needed(rollbackMixture(0)), needed(singleAlternative(1, 2))]
    figures[`requests to detect ${name}`] = {
      ...atMost(value, 'candidate requests (median); reference: a test that knows both rates', goal),
      reference,
      ratio: value / reference,
    }
  }
  return figures
}

/** Latency ×1.2, lognormal with σ = 0.5, seen through edges at the stable release's p50, p90 and p99. */
function latency(quick: boolean): Figures {
  const edges = [0, 1.2815515655446004, 2.3263478740408408]
  const cells = (moved: number) => {
    const below = [...edges.map((edge) => normalCdf(edge - moved, 0, 1)), 1]
    return below.map((share, i) => share - (below[i - 1] ?? 0))
  }
  const shares = { candidate: cells(Math.log(1.2) / 0.5), stable: cells(0) }
  const figures: Figures = {}
  for (const { name, stable, goal } of [
    { name: '50/50', stable: 50, goal: 450 },
    { name: '10/90', stable: 450, goal: 275 },
  ]) {
    const interval = latencies({ candidate: 50, stable }, shares, [0, 1, 2])
    const value = 50 * medianLook(run({ mixture: rollbackMixture(0), interval, looks: 1_000 }, quick ? 1_000 : 10_000))
    figures[`requests to detect latency × 1.2, ${name}`] = atMost(value, 'candidate requests (median)', goal)
  }
  return figures
}

/** Harm that begins after 300 healthy looks: the mixture that begins anew beside the one that remembers it all. */
function lateHarm(quick: boolean): Figures {
  const begins = 300
  const flow = (candidateRate: number) => ({ ...split(0.5, 200), candidateRate, stableRate: 0.01 })
  const mixture = rollbackMixture(0.25)
  const interval = independentErrors((look) => flow(look > begins ? 0.03 : 0.01))
  const delay = (lateOnset: boolean) =>
    200 * (medianLook(run({ mixture, interval, looks: begins + 1_000, lateOnset }, quick ? 400 : 4_000)) - begins)
  const healthy = {
    mixture: rollbackMixture(0),
    interval: independentErrors(() => flow(0.01)),
    looks: quick ? 1_000 : looks,
  }
  const wrong = decided(run({ ...healthy, lateOnset: true }, quick ? 400 : 2_000))
  const [value, reference] = [delay(true), delay(false)]
  return {
    'requests to detect 1 → 3 % that begins late': {
      value,
      unit: 'candidate requests (median); reference: without late onset',
      reference,
      ratio: value / reference,
    },
    'false rollbacks with late onset': atMost(wrong.share, 'share of runs', 0.05),
  }
}

/** 0.1 → 0.2 % at 200 requests a minute a side, for two hours: who finds it at all. */
function power(quick: boolean): Figures {
  const interval = independentErrors(() => ({ ...split(0.5, 200), candidateRate: 0.002, stableRate: 0.001 }))
  const value = decided(run({ mixture: rollbackMixture(0), interval, looks: 120 }, quick ? 1_000 : 10_000)).share
  const reference = kayentaPower(interval, 120, quick ? 200 : 1_000, seeded(seed))
  return {
    '0.1 → 0.2 % found within two hours': {
      value,
      unit: 'share of runs; reference: Mann-Whitney on rates a minute',
      reference,
      ...(reference > 0 ? { ratio: value / reference } : {}),
    },
  }
}

const run = (trial: Omit<Trial, 'limit'>, runs: number) => firstLooks({ ...trial, limit }, runs, seeded(seed))

const atMost = (value: number, unit: string, goal: number): Figure => ({ value, unit, goal, met: value <= goal })
