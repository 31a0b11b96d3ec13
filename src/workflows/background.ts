/** An analysis beside the steps: one activity over all weights, so that evidence is never begun anew. */
import { CancellationScope, isCancellation } from '@temporalio/workflow'
import type { AnalyseArgs, Analysed } from '../activities/analyse.ts'
import type { Run } from './activity-policies.ts'
import { errorBodyOf } from './failures.ts'

export interface Background {
  /** What it has found against the candidate, or null. */
  found: Analysed | null
  /** Fulfilled when it has found something; never, when it is ended before. */
  readonly finding: Promise<Analysed>
  end(): void
}

/** Begins now and goes on until harm is found or it is ended. An analysis that cannot go on counts as harm. */
export function analyseInBackground(run: Run, args: AnalyseArgs): Background {
  const scope = new CancellationScope()
  let resolve: (found: Analysed) => void = () => undefined
  const background: Background = {
    found: null,
    finding: new Promise((fulfil) => {
      resolve = fulfil
    }),
    end: () => scope.cancel(),
  }
  const find = (found: Analysed) => {
    background.found = found
    resolve(found)
  }
  scope
    .run(() => run('analyse', { summary: `analyse ${args.release.version} in the background` }, args))
    .then(find, (error: unknown) => {
      if (isCancellation(error)) return
      const reason = `the analysis in the background ended: ${errorBodyOf(error).message}`
      find({ verdict: 'fail', reason, evidence: [reason] })
    })
  return background
}
