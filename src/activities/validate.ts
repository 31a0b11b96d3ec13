import { TidegateError } from '../errors.ts'
import type { PlatformCapabilities } from '../platforms/port.ts'
import type { Plan, ReleaseRecord, ReleaseRef, Target } from '../spec/model.ts'
import { getJson } from '../store/canonical.ts'
import type { ActivityContext } from './context.ts'

export interface ValidateArgs {
  target: Target
  release: ReleaseRef
  plan: Plan
  takeOver?: boolean
}

export interface Validated {
  capabilities: PlatformCapabilities
  /** What stands now; only the claim's snapshot decides. */
  stable: ReleaseRef | null
}

/** Stage `validate`: nothing is moved; what the platform cannot carry is refused with what would work. */
export function validateActivities({ platform, engine }: ActivityContext) {
  return {
    async validateDeployment({ target, release, plan, takeOver }: ValidateArgs): Promise<Validated> {
      const { capabilities } = platform
      if (!capabilities.strategies.includes(plan.strategy.name)) {
        throw new TidegateError('strategy.unsupported', {
          platform: platform.name,
          strategy: plan.strategy.name,
          why: 'it does not know how',
          remedy: `Use one of: ${capabilities.strategies.join(', ')}.`,
        })
      }
      const record = await getJson<ReleaseRecord>(platform.store, release.digest)
      if (record.service !== target.service) throw new TidegateError('release.unknown', { release: release.id })
      const { anchor, slots } = await platform.observe(target)
      if (anchor && anchor.engine !== engine && !takeOver) {
        throw new TidegateError('engine.other', { target: target.service, engine: anchor.engine })
      }
      return { capabilities, stable: slots.stable?.release ?? null }
    },
  }
}
