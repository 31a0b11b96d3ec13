import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Uniform in [0, 1); the same seed gives the same numbers for ever. */
export type Random = () => number

export function seeded(seed: number): Random {
  const generator = xoroshiro128plus(seed)
  return () => uniformFloat64(generator)
}

/** Draws an index with the probability of its weight, in constant time (Walker's alias method, as by Vose, 1991). */
export function weighted(weights: readonly number[]): (random: Random) => number {
  const size = weights.length
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const share = weights.map((weight) => (weight * size) / total)
  const alias = share.map((_, i) => i)
  const small = alias.filter((i) => (share[i] ?? 0) < 1)
  const large = alias.filter((i) => (share[i] ?? 0) >= 1)
  for (let less = small.pop(), more = large.pop(); less !== undefined && more !== undefined; less = small.pop()) {
    alias[less] = more
    const left = (share[more] ?? 0) - (1 - (share[less] ?? 0))
    share[more] = left
    if (left < 1) {
      small.push(more)
      more = large.pop()
    }
  }
  return (random) => {
    const at = random() * size
    const i = Math.floor(at)
    return at - i < (share[i] ?? 1) ? i : (alias[i] ?? i)
  }
}

/** Draws of the number of events among n requests, each with probability p. */
export function binomial(n: number, p: number): (random: Random) => number {
  const odds = Math.log(p) - Math.log1p(-p)
  let log = n * Math.log1p(-p)
  const weights = [Math.exp(log)]
  for (let k = 1; k <= n; k++) {
    log += Math.log((n - k + 1) / k) + odds
    if (k > n * p && log < -50) break
    weights.push(Math.exp(log))
  }
  return weighted(weights)
}

/** Draws from the Poisson distribution of that mean. */
export function poisson(mean: number): (random: Random) => number {
  const weights = [Math.exp(-mean)]
  for (let k = 1, log = -mean; k <= mean || log > -50; k++) {
    log += Math.log(mean / k)
    weights.push(Math.exp(log))
  }
  return weighted(weights)
}

/** Draws of sizes 1, 2, … with that mean (geometric). */
export function geometric(mean: number): (random: Random) => number {
  const rest = 1 - 1 / mean
  const weights = Array.from({ length: Math.ceil(-50 / Math.log(rest)) }, (_, i) => rest ** i)
  const draw = weighted(weights)
  return (random) => draw(random) + 1
}
