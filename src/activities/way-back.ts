import { TidegateError } from '../errors.ts'
import type { Fence } from '../platforms/port.ts'
import type { ReleaseRef, Target } from '../spec/model.ts'
import { nextRestoreMove, type RestoreGoal } from '../strategies/restore.ts'
import type { ActivityContext } from './context.ts'
import { whileHeartbeating } from './heartbeat.ts'

export interface WayBackArgs {
  target: Target
  holder: string
  /** The sequence of the turn, or of the claim where that is known. */
  sequence: number
  /** Whether the claim is known to have happened. */
  claimed: boolean
  epoch: 0 | 1
  step: number
  /** Where it leads; the snapshot of the claim where absent. */
  goal?: RestoreGoal
  takeOver?: boolean
}

export interface WayBackProgress {
  done: boolean
  /** Set when the stable slot must become ready before it can go on. */
  waitFor?: ReleaseRef
  moves: string[]
  fence: Fence
}

/**
 * The way back, as far as it goes without waiting: claims first (only then can there be "nothing to do"), then
 * moves towards the snapshot. It is on the queue of effects, so readiness is awaited elsewhere.
 */
export function wayBackActivities({ platform, engine }: ActivityContext) {
  return {
    async wayBack(args: WayBackArgs): Promise<WayBackProgress> {
      const { target, holder, epoch, step } = args
      return whileHeartbeating(async () => {
        const { anchor } = await platform.observe(target)
        if (anchor && anchor.holder !== holder && (args.claimed || anchor.fence.sequence >= args.sequence)) {
          throw new TidegateError('fence.stale', {
            target: target.service,
            theirs: anchor.holder,
            ours: holder,
          })
        }
        const sequence = anchor?.holder === holder ? anchor.fence.sequence : args.sequence
        const fence: Fence = { sequence, epoch, step }
        let state = await platform.claim(target, { fence, holder, engine, takeOver: args.takeOver })
        const goal = args.goal ?? state.anchor?.snapshot
        if (!goal) throw new Error('a claim left no snapshot')
        const moves: string[] = []
        for (;;) {
          const move = nextRestoreMove(state, goal)
          switch (move.do) {
            case 'done':
              return { done: true, moves, fence }
            case 'await-stable':
              return { done: false, waitFor: move.release, moves, fence }
            case 'route':
              await platform.route(target, { weights: move.weights }, fence)
              break
            case 'retire':
              await platform.retire(target, move.what, fence)
              break
            case 'apply':
              await platform.prepare(target, move.release, fence)
              await platform.apply(target, 'stable', { release: move.release, scale: move.scale }, fence)
          }
          moves.push(describe(move))
          state = await platform.observe(target)
        }
      })
    },
  }
}

function describe(move: Exclude<ReturnType<typeof nextRestoreMove>, { do: 'done' } | { do: 'await-stable' }>): string {
  switch (move.do) {
    case 'route':
      return 'all traffic to stable'
    case 'retire':
      return move.what === 'all' ? 'everything of it removed' : `${move.what} removed`
    case 'apply':
      return `stable set to ${move.release.id}`
  }
}
