import { TidegateError } from '../errors.ts'
import type { Fence, Routing, Slot, SlotGoal, TargetState } from '../platforms/port.ts'
import type { ReleaseRef, Target } from '../spec/model.ts'
import type { ActivityContext } from './context.ts'
import { whileHeartbeating } from './heartbeat.ts'

/** Stages `execute` and `activate`: the effects. Each says what should be true, and can run twice. */
export function executeActivities({ platform }: ActivityContext) {
  return {
    async applySlot(args: { target: Target; slot: Slot; goal: SlotGoal; fence: Fence }): Promise<void> {
      await whileHeartbeating(() => platform.apply(args.target, args.slot, args.goal, args.fence))
    },

    /** One write at the router, read back from it before it counts (lesson 5). */
    async routeTraffic(args: { target: Target; routing: Routing; fence: Fence }): Promise<void> {
      await whileHeartbeating(() => platform.route(args.target, args.routing, args.fence))
      const { routing } = await platform.observe(args.target)
      if (routing.weights.candidate !== args.routing.weights.candidate) {
        throw new Error(
          `the router reports ${routing.weights.candidate} % for the candidate, not ${args.routing.weights.candidate} %`,
        )
      }
    },

    async promoteSlot(args: { target: Target; release: ReleaseRef; fence: Fence }): Promise<void> {
      await whileHeartbeating((signal) => platform.promote(args.target, args.fence, signal))
      expectActive(await platform.observe(args.target), args.release)
    },

    /** The last look before a deployment that changed the stable slot in place is called active. */
    async confirmActive(args: { target: Target; release: ReleaseRef }): Promise<void> {
      expectActive(await platform.observe(args.target), args.release)
    },
  }
}

/** Invariant 2: the stable slot runs the release, has 100, and there is no candidate. */
function expectActive(state: TargetState, release: ReleaseRef): void {
  const { stable, candidate } = state.slots
  if (stable?.release.id === release.id && !candidate && state.routing.weights.stable === 100) return
  const found = `stable ${stable?.release.id ?? 'empty'}, candidate ${candidate?.release.id ?? 'empty'}, ${state.routing.weights.stable} % stable`
  throw new TidegateError('bug', { detail: `after the promotion of ${release.id} the platform reports ${found}` })
}
