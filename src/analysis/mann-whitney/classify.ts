import { commonLanguage, ratioOfMeans, withoutOutliers } from './effect.ts'
import { mannWhitney, shift } from './test.ts'

/** `error`: what was measured cannot be judged; never a pass. */
export type Classification = 'pass' | 'high' | 'low' | 'no-data' | 'error'

export interface ClassifyOptions {
  /** Which change is bad. */
  direction?: 'increase' | 'decrease' | 'either'
  /** Of the estimate; the interval must lie beyond it. 0.25 unless told. */
  tolerance?: number
  confidence?: number
  effect?: 'ratio-of-means' | 'common-language'
  /** The effect size that an increase must reach to be bad, and the one that a decrease must fall to. */
  allowedIncrease?: number
  allowedDecrease?: number
  /** The same, for a critical metric's change to fail the whole. */
  criticalIncrease?: number
  criticalDecrease?: number
  critical?: boolean
  /** What missing values are: left out, or zeros (which makes an empty candidate pass, as in Kayenta). */
  missing?: 'remove' | 'replace'
  outliers?: 'keep' | 'remove'
  /** No data of this metric fails instead of being left out of the score. */
  mustHaveData?: boolean
}

export interface Classified {
  classification: Classification
  /** A critical metric that did not pass. */
  critical: boolean
  /** Effect size, null where there was nothing to compare. */
  effect: number | null
  reason: string
}

/**
 * Kayenta's classification of one metric, candidate against stable. High when the lower end of the interval is above
 * tolerance·|estimate| and the effect size reaches what is allowed; Low likewise. Values that are not finite are
 * missing; infinite ones are an error.
 */
export function classify(
  candidate: readonly number[],
  stable: readonly number[],
  options: ClassifyOptions = {},
): Classified {
  const { critical = false, missing = 'remove' } = options
  if ([...candidate, ...stable].some((value) => Math.abs(value) === Number.POSITIVE_INFINITY)) {
    return { classification: 'error', critical, effect: null, reason: 'a value is infinite' }
  }
  const [x, y] = [clean(candidate, options), clean(stable, options)]
  if (x.length === 0 || y.length === 0) {
    if (missing === 'replace')
      return { classification: 'pass', critical: false, effect: null, reason: 'missing is zero' }
    const reason = `no data on ${x.length === 0 ? 'the candidate' : 'stable'}`
    return { classification: 'no-data', critical: critical && options.mustHaveData === true, effect: null, reason }
  }
  return compare(x, y, options)
}

function clean(values: readonly number[], { missing = 'remove', outliers = 'keep' }: ClassifyOptions): number[] {
  const present =
    missing === 'remove'
      ? values.filter((value) => !Number.isNaN(value))
      : values.map((value) => (Number.isNaN(value) ? 0 : value))
  return outliers === 'remove' && present.length > 0 ? withoutOutliers(present) : present
}

function compare(x: readonly number[], y: readonly number[], options: ClassifyOptions): Classified {
  const { direction = 'either', tolerance = 0.25, confidence = 0.98, effect: by = 'ratio-of-means' } = options
  const even = by === 'ratio-of-means' ? 1 : 0.5
  const { allowedIncrease = even, allowedDecrease = even, critical = false } = options
  const { criticalIncrease = allowedIncrease, criticalDecrease = allowedDecrease } = options
  const effect = by === 'ratio-of-means' ? ratioOfMeans(x, y) : commonLanguage(mannWhitney(x, y).u, x.length, y.length)
  const { lower, upper, estimate } = shift(x, y, confidence)
  const band = tolerance * Math.abs(estimate)
  const seen = `shift ${show(lower)} to ${show(upper)}, tolerated ${show(band)}, effect ${show(effect)}`
  const grew = direction !== 'decrease' && lower > band
  const fell = direction !== 'increase' && upper < -band
  if (grew && effect >= allowedIncrease) {
    return {
      classification: 'high',
      critical: critical && effect >= criticalIncrease,
      effect,
      reason: `higher: ${seen}`,
    }
  }
  if (fell && effect <= allowedDecrease) {
    return { classification: 'low', critical: critical && effect <= criticalDecrease, effect, reason: `lower: ${seen}` }
  }
  return { classification: 'pass', critical: false, effect, reason: seen }
}

const show = (value: number) => String(Number(value.toPrecision(4)))
