import type { Verdict } from '../analysis/judge.ts'
import type { BlueGreenOptions } from '../spec/model.ts'

/** What has happened so far in a blue-green deployment; the candidate is whole and ready when it begins. */
export interface BlueGreenProgress {
  verified: boolean
  promoted: boolean
  switched: boolean
  judged: { verdict: Verdict; ask: boolean; reason?: string } | null
  /** A person wants it to go on in spite of a question, and skips what is left. */
  full: boolean
  paused: boolean
  /** Milliseconds since the switch. */
  sinceSwitchMs: number
  timedOut: boolean
}

/** What the workflow carries out. */
export type BlueGreenAction =
  | { do: 'verify' }
  | { do: 'ask'; gate: string; kind: 'promotion' | 'question' | 'paused'; text: string; timeoutMs: number }
  | { do: 'switch' }
  | { do: 'measure'; durationMs: number }
  /** Old and new stay side by side a while longer. */
  | { do: 'keep-both'; durationMs: number }

export type BlueGreenMove = BlueGreenAction | { do: 'fail'; reason: string } | { do: 'done' }

/** The next move of a blue-green deployment: pure. Checks against the preview, then one switch, then a watch. */
export function nextBlueGreenMove(options: BlueGreenOptions, progress: BlueGreenProgress): BlueGreenMove {
  if (progress.timedOut) return { do: 'fail', reason: 'nobody promoted it in time' }
  if (progress.judged?.verdict === 'fail' && !progress.full) {
    return { do: 'fail', reason: progress.judged.reason ?? 'the analysis failed' }
  }
  if (!progress.verified) return { do: 'verify' }
  if (progress.paused && !progress.full)
    return { do: 'ask', gate: 'paused', kind: 'paused', text: 'paused', timeoutMs: 0 }
  if (!progress.switched) {
    if (!options.autoPromote && !progress.promoted && !progress.full) {
      const text = 'the new release is ready beside the old one, without traffic'
      return { do: 'ask', gate: 'promotion', kind: 'promotion', text, timeoutMs: options.promoteTimeoutMs }
    }
    return { do: 'switch' }
  }
  if (!progress.full && !progress.judged && options.monitorMs > 0)
    return { do: 'measure', durationMs: options.monitorMs }
  if (progress.judged?.ask && !progress.full) {
    const why = progress.judged.reason ?? progress.judged.verdict
    return {
      do: 'ask',
      gate: 'after-switch',
      kind: 'question',
      text: `${progress.judged.verdict}: ${why}`,
      timeoutMs: 0,
    }
  }
  const left = options.scaleDownDelayMs - progress.sinceSwitchMs
  return left > 0 ? { do: 'keep-both', durationMs: left } : { do: 'done' }
}
