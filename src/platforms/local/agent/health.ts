import { setTimeout as wait } from 'node:timers/promises'
import type { Probe, ReleaseRef, Workload } from '../../../spec/model.ts'
import { launchOf } from './environment.ts'
import { type Probed, watchProbe } from './probe.ts'

export interface HealthFacts {
  service: string
  release: ReleaseRef
  ports: Record<string, number>
  cwd: string
  temporary: string
  /** It was ready before (a process that was taken over), so it is past its start. */
  started: boolean
}

export interface HealthTold {
  ready: (ready: boolean, why: string | null) => void
  /** The process should be ended, and started again. */
  kill: (why: string) => void
}

/** Where the spec has no readiness probe: its port takes connections. */
const accepts: Probe = {
  action: { kind: 'tcp' },
  initialDelayMs: 0,
  intervalMs: 1_000,
  timeoutMs: 1_000,
  failureThreshold: 3,
  successThreshold: 1,
}
/** Without any port: it has run for so long. */
const aliveAfterMs = 1_000

/** Startup first, then readiness and liveness side by side, until the signal aborts. */
export async function watchHealth(
  workload: Workload,
  facts: HealthFacts,
  signal: AbortSignal,
  tell: HealthTold,
): Promise<void> {
  const at = await probed(workload, facts)
  const { startup, readiness, liveness } = workload.probes
  if (startup && !facts.started && !(await started(startup, at, signal, tell))) return

  const watches: Promise<void>[] = []
  if (readiness || workload.ports.length > 0) {
    watches.push(watchProbe(readiness ?? accepts, at, signal, (well, why) => tell.ready(well, why)))
  } else {
    await wait(facts.started ? 0 : aliveAfterMs, null, { signal }).catch(() => {})
    if (!signal.aborted) tell.ready(true, null)
  }
  if (liveness) {
    watches.push(
      watchProbe(liveness, at, signal, (well, why) => {
        if (!well) tell.kill(`liveness: ${why}`)
      }),
    )
  }
  await Promise.all(watches)
}

async function started(probe: Probe, at: Probed, signal: AbortSignal, tell: HealthTold): Promise<boolean> {
  const settled = new AbortController()
  let well = false
  await watchProbe(probe, at, AbortSignal.any([signal, settled.signal]), (now, why) => {
    well = now
    if (!now) tell.kill(`startup: ${why}`)
    settled.abort()
  })
  return well
}

async function probed(workload: Workload, facts: HealthFacts): Promise<Probed> {
  const { ports, cwd } = facts
  const commands = Object.values(workload.probes).some((probe) => probe?.action.kind === 'command')
  const env = commands ? (await launchOf({ ...facts, workload, marker: 'probe' })).env : {}
  return {
    cwd,
    env,
    port: (wanted) => {
      const spec = workload.ports.find(({ name, port }) => name === wanted || port === wanted)
      if (spec) return ports[spec.name] ?? spec.port
      if (typeof wanted === 'number') return wanted
      return Object.values(ports)[0] ?? 0
    },
  }
}
