import { TidegateError } from '../errors.ts'
import type { AnalysisSpec } from '../spec/model.ts'
import type { Judgement, Measurement } from './judge.ts'
import { judgeThreshold, type SideNames } from './threshold.ts'

/** A pure function of measurements and options. `names` is how evidence calls the two sides. */
export type Judge = (measurements: readonly Measurement[], spec: AnalysisSpec, names?: SideNames) => Judgement

const judges: Readonly<Record<AnalysisSpec['judge'], Judge>> = { threshold: judgeThreshold }

/**
 * The judge of that name.
 * @throws `input.invalid` for a name that this build does not know
 */
export function judge(name: string): Judge {
  const known = Object.entries(judges).find(([one]) => one === name)?.[1]
  if (known) return known
  throw new TidegateError('input.invalid', {
    detail: `There is no judge ${name}`,
    remedy: `Use one of: ${Object.keys(judges).join(', ')}.`,
  })
}
