import { activityInfo, cancellationSignal } from '@temporalio/activity'
import type { Measurement, Verdict } from '../analysis/judge.ts'
import { judge } from '../analysis/judges.ts'
import { windowBetween } from '../analysis/providers/traffic.ts'
import { foldOldest } from '../analysis/windows.ts'
import { aggregate, type CheckResult, runChecks } from '../checks/run.ts'
import type { Slot, TargetState, TrafficReport } from '../platforms/port.ts'
import type { AnalysisSpec, Check, CheckPhase, CheckPolicy, ReleaseRef, Target } from '../spec/model.ts'
import type { ActivityContext } from './context.ts'
import { pauseFor, whileHeartbeating } from './heartbeat.ts'

export interface AnalyseArgs {
  target: Target
  /** The release that is watched, and the slot that it is in. */
  slot: Slot
  release: ReleaseRef
  /** What it is compared with. */
  stable: ReleaseRef | null
  /** Milliseconds; null: until it is cancelled. */
  durationMs: number | null
  analysis?: AnalysisSpec
  /** Those of the phase `monitor`, repeated meanwhile. */
  checks: Check[]
  checkPolicy: CheckPolicy
}

export interface Analysed {
  verdict: Verdict
  /** Why it failed, or why a person is asked. */
  reason?: string
  /** A person must decide: what the spec declares for this case. */
  ask?: boolean
  evidence: string[]
}

/** Cursor and evidence travel in one heartbeat, so that a crash loses progress at most and counts nothing twice. */
interface Progress {
  last: TrafficReport | null
  windows: Measurement[]
  restarts: number | null
}

const lookEvery = 1_000
/** Windows that a heartbeat carries; older ones are joined, so that it stays small however long a step waits. */
const windowsKept = 60
/** How long a slot may have no ready instance before that is harm; a restart of one instance takes less (ms). */
const unreadyTolerance = 5_000

/** Waits that measure: on the queue for waits, one heartbeating activity for each. */
export function analyseActivities({ platform }: ActivityContext) {
  return {
    async analyse(args: AnalyseArgs): Promise<Analysed> {
      const progress: Progress = resumed() ?? { last: null, windows: [], restarts: null }
      const started = activityInfo().scheduledTimestampMs
      const interval = args.analysis?.intervalMs ?? lookEvery
      const decide = args.analysis && judge(args.analysis.judge)
      let unreadySince: number | null = null
      const names = { stable: args.stable?.version ?? 'nothing', candidate: args.release.version }

      return whileHeartbeating(
        async (signal) => {
          for (;;) {
            const state = await platform.observe(args.target)
            const harm = unhealthy(state, args, progress)
            if (harm) return { verdict: 'fail', reason: harm, evidence: [harm] }
            const ready = state.slots[args.slot]?.ready ?? 0
            unreadySince = ready > 0 ? null : (unreadySince ?? Date.now())
            if (unreadySince !== null && Date.now() - unreadySince > unreadyTolerance) {
              const reason = `${args.release.id} has no ready instance`
              return { verdict: 'fail', reason, evidence: [reason] }
            }

            const over = args.durationMs !== null && Date.now() - started >= args.durationMs
            const measured =
              decide && args.analysis && platform.traffic ? await measure(args, progress, interval, over) : null
            const judged = measured && args.analysis ? decide?.(progress.windows, args.analysis, names) : undefined
            if (judged?.verdict === 'fail') {
              return { verdict: 'fail', reason: judged.evidence[0] ?? 'the analysis failed', evidence: judged.evidence }
            }

            const checked = await monitor(args, state, signal)
            if (checked?.end) return checked.end
            if (over) {
              const unjudged = args.analysis ? 'nothing was measured' : 'healthy, no restarts'
              const evidence = [...(judged?.evidence ?? [unjudged]), ...(checked?.evidence ?? [])]
              return settled(judged?.verdict ?? (args.analysis ? 'no-data' : 'pass'), args.analysis, evidence)
            }
            const left = args.durationMs === null ? lookEvery : started + args.durationMs - Date.now()
            await pauseFor(Math.max(10, Math.min(lookEvery, interval, left)))
          }
        },
        () => progress,
      )
    },

    async runChecks(args: {
      target: Target
      checks: Check[]
      phase: CheckPhase
    }): Promise<{ health: 'healthy' | 'degraded' | 'unhealthy'; results: CheckResult[] }> {
      return whileHeartbeating(async (signal) => {
        const { endpoint, preview } = await platform.observe(args.target)
        const chosen = args.checks.filter((check) => check.when.includes(args.phase))
        const beforeTraffic = args.phase === 'verify' || args.phase === 'before-traffic'
        const results = await runChecks(chosen, { endpoint: beforeTraffic ? preview : endpoint, preview }, signal)
        return { health: aggregate(results), results }
      })
    },
  }

  /** Adds the window since the last report once it is long enough; returns whether there is anything to judge. */
  async function measure(args: AnalyseArgs, progress: Progress, interval: number, over: boolean): Promise<boolean> {
    const report = await platform.traffic?.(args.target)
    if (!report) return false
    if (!progress.last) {
      progress.last = report
      return over
    }
    const age = Date.parse(report.at) - Date.parse(progress.last.at)
    if (age < interval && !over) return false
    const index = (progress.windows.at(-1)?.index ?? -1) + 1
    const sides = { stable: args.stable?.id ?? '', candidate: args.release.id, index }
    progress.windows = foldOldest([...progress.windows, windowBetween(progress.last, report, sides)], windowsKept)
    progress.last = report
    return true
  }
}

function resumed(): Progress | undefined {
  return activityInfo().heartbeatDetails as Progress | undefined
}

/** Hard limits that are no matter of statistics: crashes. */
function unhealthy(state: TargetState, args: AnalyseArgs, progress: Progress): string | null {
  const slot = state.slots[args.slot]
  if (slot?.release.id !== args.release.id) return `${args.release.id} is no longer in the ${args.slot} slot`
  if (slot.crashLoop) return `${args.release.id} keeps crashing: ${slot.crashLoop}`
  progress.restarts ??= slot.restarts
  const restarts = slot.restarts - progress.restarts
  return restarts > slot.desired ? `${args.release.id} was restarted ${restarts} times` : null
}

async function monitor(
  args: AnalyseArgs,
  state: TargetState,
  signal: AbortSignal,
): Promise<{ end?: Analysed; evidence: string[] } | null> {
  const checks = args.checks.filter((check) => check.when.includes('monitor'))
  if (checks.length === 0) return null
  const results = await runChecks(checks, { endpoint: state.endpoint, preview: state.preview }, signal)
  cancellationSignal().throwIfAborted()
  const health = aggregate(results)
  const evidence = results.filter((r) => !r.ok).map((r) => `check ${r.name}: ${r.detail}`)
  if (health === 'healthy') return { evidence }
  const action = health === 'degraded' ? args.checkPolicy.onDegraded : args.checkPolicy.onUnhealthy
  // Where a person is waited for already, only harm ends the wait.
  if (action === 'proceed' || (action === 'pause' && args.durationMs === null)) return { evidence }
  const reason = evidence[0] ?? health
  if (action === 'pause') return { evidence, end: { verdict: 'inconclusive', ask: true, reason, evidence } }
  return { evidence, end: { verdict: 'fail', reason, evidence } }
}

/** What the spec declares for a step whose time is over without harm being shown. */
function settled(verdict: Verdict, spec: AnalysisSpec | undefined, evidence: string[]): Analysed {
  if (verdict === 'pass' || !spec) return { verdict, evidence }
  const action = verdict === 'no-data' ? spec.onNoData : spec.onInconclusive
  const reason = evidence[0] ?? verdict
  if (action === 'proceed') return { verdict, evidence }
  if (action === 'rollback') return { verdict: 'fail', reason: `${verdict}: ${reason}`, evidence }
  return { verdict, ask: true, reason, evidence }
}
