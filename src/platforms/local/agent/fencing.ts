/** The fence's rules. Pure: the caller stores the result in the same write as the effect. */

import { TidegateError } from '../../../errors.ts'
import { compareFences, formatFence } from '../../fence.ts'
import type { Anchor, Claim, Fence, Snapshot } from '../../port.ts'
import { type TargetRecord, targetKey } from './record.ts'

/** The record with the claim's fence in force. */
export function claimed(record: TargetRecord, claim: Claim, now: string): TargetRecord {
  const { anchor } = record
  if (anchor && anchor.engine !== claim.engine && !claim.takeOver) {
    throw new TidegateError('engine.other', { target: targetKey(record.target), engine: anchor.engine })
  }
  const order = anchor ? compareFences(claim.fence, anchor.fence) : 1
  const shared = anchor?.fence.sequence === claim.fence.sequence && anchor.holder !== claim.holder
  // A sequence is one holder's: nobody goes back, or forward, under another's.
  if (anchor && (order < 0 || shared)) throw stale(record, anchor, claim.fence)

  // No forward write of this sequence can have come before its first claim, so what stands now is what stood before.
  const first = anchor?.snapshot?.sequence !== claim.fence.sequence
  const next: Anchor = {
    fence: claim.fence,
    holder: claim.holder,
    engine: claim.engine,
    snapshot: first ? snapshotOf(record, claim.fence.sequence, now) : (anchor?.snapshot ?? null),
    releases: anchor?.releases ?? [],
  }
  return marked({ ...record, anchor: next }, claim, anchor)
}

/**
 * The mark of a direct rollback. The first sequence that an engine claims after it sees the mark, in the answer to
 * each of its claims, so that a lost answer loses nothing; the next sequence finds it gone.
 */
function marked(record: TargetRecord & { anchor: Anchor }, claim: Claim, before: Anchor | null): TargetRecord {
  const { directSeen, ...rest } = record
  const { sequence } = claim.fence
  if (claim.direct) return { ...rest, anchor: { ...record.anchor, direct: claim.direct } }
  if (!before?.direct) return rest
  const anchor = { ...record.anchor, direct: before.direct }
  if (before.fence.sequence === sequence) return { ...record, anchor }
  return directSeen === undefined ? { ...rest, anchor, directSeen: sequence } : rest
}

/** The record with the writer's fence in force, or `fence.stale`. Nothing may be written before a claim. */
export function fenced(record: TargetRecord, fence: Fence): TargetRecord & { anchor: Anchor } {
  const { anchor } = record
  if (!anchor || compareFences(fence, anchor.fence) < 0) throw stale(record, anchor, fence)
  return { ...record, anchor: { ...anchor, fence } }
}

function snapshotOf({ slots, routing }: TargetRecord, sequence: number, takenAt: string): Snapshot {
  const { stable } = slots
  return {
    sequence,
    takenAt,
    release: stable?.release ?? null,
    replicas: stable?.replicas ?? null,
    scale: stable?.scale ?? null,
    weights: routing.weights,
  }
}

function stale(record: TargetRecord, anchor: Anchor | null, fence: Fence): TidegateError {
  return new TidegateError('fence.stale', {
    target: targetKey(record.target),
    theirs: anchor ? formatFence(anchor.fence) : 'no claim',
    ours: formatFence(fence),
  })
}
