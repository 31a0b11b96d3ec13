import { TidegateError } from '../errors.ts'
import type { Slot, SlotState } from '../platforms/port.ts'
import type { ReleaseRef, Target } from '../spec/model.ts'
import type { ActivityContext } from './context.ts'
import { whileHeartbeating } from './heartbeat.ts'

export interface ReadyArgs {
  target: Target
  slot: Slot
  release: ReleaseRef
  /** Milliseconds from now. */
  deadlineMs: number
}

/** Waiting for instances: on the queue for waits, so that nothing else waits behind it. */
export function readyActivities({ platform }: ActivityContext) {
  return {
    /** Ends when every instance that was asked for is ready and no other release is left in the slot. */
    async awaitReady({ target, slot, release, deadlineMs }: ReadyArgs): Promise<{ ready: number }> {
      let seen: SlotState | null = null
      return whileHeartbeating(
        async (signal) => {
          const limit = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
          for await (const state of platform.watch(target, limit)) {
            seen = state.slots[slot]
            if (seen?.release.id !== release.id) throw new TidegateError('slot.empty', { slot, target: target.service })
            if (seen.crashLoop) {
              throw new TidegateError('readiness.crash-loop', { release: release.id, detail: seen.crashLoop })
            }
            if (seen.ready >= seen.desired && seen.outdated === 0) return { ready: seen.ready }
          }
          signal.throwIfAborted()
          throw new TidegateError('readiness.deadline', {
            release: release.id,
            deadline: `${Math.round(deadlineMs / 1000)} s`,
            detail: unreadiness(seen),
          })
        },
        () => seen && { ready: seen.ready, desired: seen.desired },
      )
    },
  }
}

function unreadiness(slot: SlotState | null): string {
  if (!slot) return 'nothing was seen of it'
  const reasons = new Set(slot.instances.filter((i) => !i.ready && i.reason).map((i) => i.reason))
  const why = reasons.size > 0 ? `: ${[...reasons].join('; ')}` : ''
  return `${slot.ready} of ${slot.desired} ready${slot.outdated > 0 ? `, ${slot.outdated} of the old release left` : ''}${why}`
}
