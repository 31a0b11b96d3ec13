import { TidegateError } from '../errors.ts'
import type { Fence, Snapshot } from '../platforms/port.ts'
import type { ReleaseRef, Target } from '../spec/model.ts'
import type { ActivityContext } from './context.ts'
import { whileHeartbeating } from './heartbeat.ts'

export interface PrepareArgs {
  target: Target
  release: ReleaseRef | null
  /** Id of the deployment that claims. */
  holder: string
  /** At least this sequence; a later one where the platform has moved on without this engine. */
  sequence: number
  takeOver?: boolean
  /** When the deployment was asked for (ISO). */
  acceptedAt?: string
}

export interface Prepared {
  fence: Fence
  snapshot: Snapshot
  /** There is a candidate that no deployment owns. */
  leftover?: boolean
}

/** Stage `prepare`: claim the target, take the snapshot, and make what must exist before the release runs. */
export function prepareActivities({ platform, engine }: ActivityContext) {
  return {
    async prepareTarget(args: PrepareArgs): Promise<Prepared> {
      const { target, release, holder, sequence, takeOver, acceptedAt } = args
      return whileHeartbeating(async () => {
        const { anchor } = await platform.observe(target)
        const mine = anchor?.holder === holder
        // Somebody went back by hand since it was asked for: nothing promotes the bad version again (lesson 14).
        if (!mine && anchor?.direct && acceptedAt !== undefined && anchor.direct.at > acceptedAt) {
          const theirs = `rollback --direct by ${anchor.direct.by}`
          throw new TidegateError('fence.stale', { target: target.service, theirs, ours: holder })
        }
        const inForce = anchor?.fence.sequence ?? 0
        const fence: Fence = { sequence: mine ? inForce : Math.max(sequence, inForce + 1), epoch: 0, step: 1 }
        const claimed = await platform.claim(target, { fence, holder, engine, takeOver })
        if (!claimed.anchor?.snapshot) throw new Error('a claim left no snapshot')
        if (release) await platform.prepare(target, release, fence)
        const leftover = claimed.slots.candidate !== null || claimed.routing.weights.candidate > 0
        return { fence, snapshot: claimed.anchor.snapshot, ...(leftover && { leftover }) }
      })
    },
  }
}
