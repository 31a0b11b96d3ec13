import betainc from '@stdlib/math-base-special-betainc'
import betaln from '@stdlib/math-base-special-betaln'
import { timesLog } from '../log-space.ts'

/**
 * Lindon & Malek, "Anytime-valid inference for multinomial count data" (2022), for two counts: of the events of both
 * releases, is the candidate's share what its share w of the traffic makes it? Beta prior with a = κw, b = κ(1 − w).
 * Needs a fixed share; it is what is displayed, and the sample-ratio test. The decision is the mixture's.
 */
export interface ShareTest {
  candidate: number
  stable: number
  /** w: the candidate's share under the null hypothesis, between 0 and 1. */
  share: number
  /** κ: the prior's weight in events. 100 unless told. */
  concentration?: number
}

const prior = ({ share, concentration = 100 }: ShareTest) => ({
  a: concentration * share,
  b: concentration * (1 - share),
})

/** ln E, two-sided: lnB(a + k_t, b + k_c) − lnB(a, b) − k_t·ln w − k_c·ln(1 − w). */
export function logShareEvidence(test: ShareTest): number {
  const { candidate, stable, share } = test
  const { a, b } = prior(test)
  const bayes = betaln(a + candidate, b + stable) - betaln(a, b)
  return bayes - timesLog(candidate, share) - (stable === 0 ? 0 : stable * Math.log1p(-share))
}

/** ln E against "no more than its share": two-sided plus ln Iᶜ_w(a + k_t, b + k_c) − ln Iᶜ_w(a, b). */
export function logShareExcess(test: ShareTest): number {
  const { a, b } = prior(test)
  const above = (x: number, y: number) => Math.log(betainc(test.share, x, y, true, true))
  return logShareEvidence(test) + above(a + test.candidate, b + test.stable) - above(a, b)
}

/** The always-valid p-value of a ln E. */
export const pValue = (logE: number) => Math.min(1, Math.exp(-logE))

/**
 * The confidence sequence at 1 − α for ψ, the candidate's rate over stable's: all θ that the two-sided test with the
 * same prior has not rejected, as ψ = θ/(1 − θ)·(1 − w)/w. Its lower end is 0 with no event of the candidate, its
 * upper end infinite with none of stable.
 */
export function ratioInterval(test: ShareTest, alpha: number): { lower: number; upper: number } {
  const { candidate: kt, stable: kc, share } = test
  const { a, b } = prior(test)
  const bayes = betaln(a + kt, b + kc) - betaln(a, b) + Math.log(alpha)
  // In log-odds x both tails are well resolved: ln θ = −ln(1 + e^−x), ln(1 − θ) = −ln(1 + e^x).
  const excess = (x: number) => bayes + kt * Math.log1p(Math.exp(-x)) + kc * Math.log1p(Math.exp(x))
  const best = kt > 0 && kc > 0 ? Math.log(kt / kc) : kt > 0 ? farthest : kc > 0 ? -farthest : 0
  const toRatio = (x: number) => Math.exp(x + Math.log1p(-share) - Math.log(share))
  return {
    lower: kt === 0 ? 0 : toRatio(root(excess, best, -farthest)),
    upper: kc === 0 ? Number.POSITIVE_INFINITY : toRatio(root(excess, best, farthest)),
  }
}

const farthest = 700

/** Where f, at most 0 at `inside` and above 0 at `outside`, changes sign, to the last digit. */
function root(f: (x: number) => number, inside: number, outside: number): number {
  let [within, beyond] = [inside, outside]
  for (;;) {
    const middle = (within + beyond) / 2
    if (middle === within || middle === beyond) return middle
    if (f(middle) <= 0) within = middle
    else beyond = middle
  }
}
