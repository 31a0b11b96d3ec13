/** What a test asks of a target when it is quiet: from what the platform reports, not from what the engine believes. */
import type { DeploymentSummary } from '../../src/workflows/messages.ts'
import type { Engine } from './harness.ts'

/** Deploys, and insists that it worked. */
export async function deployed(engine: Engine, service: string, version = '1.0.0'): Promise<DeploymentSummary> {
  const summary = await engine.finish(await engine.deploy(service, version))
  if (summary.status !== 'active') throw new Error(`${version} ended ${summary.status}: ${summary.outcome}`)
  return summary
}

/** The versions in both slots, and where the traffic goes. */
export async function whatRuns({ platform, target }: Engine, service: string) {
  const { slots, routing } = await platform.observe(target(service))
  const { stable, candidate } = slots
  return {
    stable: stable?.release.version ?? null,
    candidate: candidate?.release.version ?? null,
    weights: routing.weights,
  }
}

/** Invariant 2: this version alone, with everything. */
export const only = (version: string | null) => ({
  stable: version,
  candidate: null,
  weights: { stable: 100, candidate: 0 },
})
