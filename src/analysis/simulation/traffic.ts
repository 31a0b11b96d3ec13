import type { Counts } from '../sequential/counts.ts'
import { binomial, geometric, poisson, type Random, weighted } from './draws.ts'
import type { Trial } from './trial.ts'

type Interval = Trial['interval']

/** What one look sees: requests of both releases, and the rates of their errors. */
export interface Flow {
  candidateRequests: number
  stableRequests: number
  candidateRate: number
  stableRate: number
}

/** Independent errors; `flow` may change from look to look. */
export function independentErrors(flow: (look: number) => Flow): Interval {
  const draw = remembered(binomial)
  return (look, random) => {
    const { candidateRequests, stableRequests, candidateRate, stableRate } = flow(look)
    const candidateEvents = draw(candidateRequests, candidateRate)(random)
    const stableEvents = draw(stableRequests, stableRate)(random)
    return [{ candidateEvents, stableEvents, candidateRequests, stableRequests }]
  }
}

/** Errors that come in bursts of geometric size with that mean, at random. */
export function burstyErrors(flow: Flow, burst: number): { interval: Interval; stable: (random: Random) => number } {
  const size = geometric(burst)
  const side = (requests: number, rate: number) => {
    const bursts = poisson((requests * rate) / burst)
    return (random: Random) => {
      let errors = 0
      for (let left = bursts(random); left > 0; left--) errors += size(random)
      return Math.min(errors, requests)
    }
  }
  const { candidateRequests, stableRequests } = flow
  const candidate = side(candidateRequests, flow.candidateRate)
  const stable = side(stableRequests, flow.stableRate)
  const interval: Interval = (_, random) => [
    { candidateEvents: candidate(random), stableEvents: stable(random), candidateRequests, stableRequests },
  ]
  return { interval, stable }
}

/** Latencies in a histogram: shares of the requests in each bucket, for both releases, and the edges that count. */
export function latencies(
  requests: { candidate: number; stable: number },
  shares: { candidate: readonly number[]; stable: readonly number[] },
  /** Indices of the last bucket that is not over the edge. */
  edges: readonly number[],
): Interval {
  const [candidate, stable] = [weighted(shares.candidate), weighted(shares.stable)]
  const over = (draw: (random: Random) => number, count: number, random: Random) => {
    const above = edges.map(() => 0)
    for (let left = count; left > 0; left--) {
      const bucket = draw(random)
      edges.forEach((edge, i) => {
        if (bucket > edge) above[i] = (above[i] ?? 0) + 1
      })
    }
    return above
  }
  return (_, random) => {
    const slow = {
      candidate: over(candidate, requests.candidate, random),
      stable: over(stable, requests.stable, random),
    }
    return edges.map(
      (__, i): Counts => ({
        candidateEvents: slow.candidate[i] ?? 0,
        candidateRequests: requests.candidate,
        stableEvents: slow.stable[i] ?? 0,
        stableRequests: requests.stable,
      }),
    )
  }
}

function remembered(make: (n: number, p: number) => (random: Random) => number) {
  const made = new Map<number, Map<number, (random: Random) => number>>()
  return (n: number, p: number) => {
    const ofN = made.get(n) ?? new Map<number, (random: Random) => number>()
    made.set(n, ofN)
    const draw = ofN.get(p) ?? make(n, p)
    ofN.set(p, draw)
    return draw
  }
}
