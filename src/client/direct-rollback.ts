/** Going back while Temporal is away: from the release records and the anchor alone, fenced like everything. */
import { TidegateError } from '../errors.ts'
import type { Fence, Platform, TargetState } from '../platforms/port.ts'
import type { ReleaseRef, Target } from '../spec/model.ts'

export interface DirectRollback {
  by: string
  /** Release id or version; what stood before the last deployment where absent. */
  to?: string
  /** Milliseconds that the old release may take to become ready. */
  readyWithinMs?: number
  onProgress?: (text: string) => void
}

/**
 * Claims the next fence, so that whatever the engine still writes is refused; brings the release up beside what runs,
 * moves the pointer, promotes. Leaves a mark on the anchor that the engine honours.
 */
export async function directRollback(platform: Platform, target: Target, options: DirectRollback): Promise<ReleaseRef> {
  const { by, readyWithinMs = 120_000, onProgress = () => undefined } = options
  const before = await platform.observe(target)
  const release = choose(before, options.to)
  const at = new Date().toISOString()
  const anchor = before.anchor
  if (!anchor) throw new TidegateError('target.unknown', { ...target })

  const fence: Fence = { sequence: anchor.fence.sequence + 1, epoch: 0, step: 0 }
  const next = (): Fence => {
    fence.step++
    return { ...fence }
  }
  const holder = `direct/${by}/${at}`
  onProgress(`claiming ${target.service} with sequence ${fence.sequence}`)
  const state = await platform.claim(target, {
    fence: next(),
    holder,
    engine: anchor.engine,
    direct: { by, at, release },
  })

  if (state.slots.stable?.release.id === release.id) {
    onProgress(`all traffic to ${release.id}, which is still there`)
    await platform.route(target, { weights: { stable: 100, candidate: 0 } }, next())
    await platform.retire(target, 'candidate', next())
    return release
  }
  onProgress(`bringing up ${release.id}`)
  await platform.prepare(target, release, next())
  await platform.apply(target, 'candidate', { release, scale: 'keep' }, next())
  await ready(platform, target, release, readyWithinMs)
  onProgress(`all traffic to ${release.id}`)
  await platform.route(target, { weights: { stable: 0, candidate: 100 } }, next())
  await platform.promote(target, next())
  return release
}

function choose({ target, anchor, slots }: TargetState, to: string | undefined): ReleaseRef {
  const { service, environment } = target
  const kept = anchor?.releases ?? []
  if (to !== undefined) {
    const named = kept.find((r) => r.id === to) ?? kept.findLast((r) => r.version === to)
    if (named) return named
    const releases = kept.map((r) => r.id).join(', ')
    throw new TidegateError('rollback.unknown-release', { release: to, service, environment, releases })
  }
  const inFlight = slots.candidate !== null
  const previous = inFlight ? slots.stable?.release : anchor?.snapshot?.release
  // After a deployment that went back, the snapshot is what runs: which other one is meant, only a person can say.
  if (!previous || (!inFlight && previous.id === slots.stable?.release.id)) {
    throw new TidegateError('rollback.nothing', { service, environment })
  }
  return previous
}

async function ready(platform: Platform, target: Target, release: ReleaseRef, withinMs: number): Promise<void> {
  const limit = AbortSignal.timeout(withinMs)
  for await (const { slots } of platform.watch(target, limit)) {
    const { candidate } = slots
    if (candidate?.release.id !== release.id)
      throw new TidegateError('slot.empty', { slot: 'candidate', target: target.service })
    if (candidate.crashLoop) {
      throw new TidegateError('readiness.crash-loop', { release: release.id, detail: candidate.crashLoop })
    }
    if (candidate.ready >= candidate.desired) return
  }
  throw new TidegateError('readiness.deadline', {
    release: release.id,
    deadline: `${withinMs / 1000} s`,
    detail: 'not ready',
  })
}
