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
    async prepareTarget({ target, release, holder, sequence, takeOver }: PrepareArgs): Promise<Prepared> {
      return whileHeartbeating(async () => {
        const { anchor } = await platform.observe(target)
        const mine = anchor?.holder === holder
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
