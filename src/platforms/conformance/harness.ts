import assert from 'node:assert/strict'
import { TidegateError } from '../../errors.ts'
import type { ReleaseRef, Target } from '../../spec/model.ts'
import type { Fence, Platform, Slot, TargetState } from '../port.ts'

export interface TestFunctions {
  describe: (name: string, body: () => void) => void
  test: (name: string, body: () => Promise<void>) => void
  beforeAll: (body: () => Promise<void>) => void
  afterAll: (body: () => Promise<void>) => void
}

/**
 * What a test release does: `well` becomes ready and answers with its version; `unready` runs and never becomes
 * ready; `crashing` ends at once, each time.
 */
export type TestRelease = 'well' | 'unready' | 'crashing'

export interface ConformanceHarness {
  platform: Platform
  /** A target that nobody used before. */
  target: () => Target
  /** A release in the platform's store; each version and kind is another one. */
  release: (version: string, kind?: TestRelease) => Promise<ReleaseRef>
  /** The version that answers one request of live traffic; null when nobody does. */
  ask: (state: TargetState) => Promise<string | null>
  /** Kills whatever drives the platform, in the rudest way, and brings it back. Absent: those tests are left out. */
  crash?: () => Promise<void>
  /** How long an instance may take to become ready or to go, in milliseconds; 30 s where absent. */
  patienceMs?: number
  dispose: () => Promise<void>
}

export type Part = (tests: TestFunctions, harness: () => ConformanceHarness) => void

export const engine = 'conformance'

export function fenceOf(sequence: number, epoch: 0 | 1 = 0, step = 1): Fence {
  return { sequence, epoch, step }
}

/** Claims the target as the deployment of that sequence. */
export async function claimAs({ platform }: ConformanceHarness, target: Target, fence: Fence): Promise<TargetState> {
  return platform.claim(target, { fence, holder: `deployment-${fence.sequence}`, engine })
}

/** Waits for a state by `watch`, so that `watch` is under test everywhere. */
export async function awaitState(
  { platform, patienceMs = 30_000 }: ConformanceHarness,
  target: Target,
  condition: (state: TargetState) => boolean,
  what: string,
): Promise<TargetState> {
  let last: TargetState | undefined
  for await (const state of platform.watch(target, AbortSignal.timeout(patienceMs))) {
    last = state
    if (condition(state)) return state
  }
  throw new Error(`${what}: not so within ${patienceMs} ms; last seen ${JSON.stringify(last)}`)
}

export function awaitReady(
  harness: ConformanceHarness,
  target: Target,
  slot: Slot,
  release: ReleaseRef,
): Promise<TargetState> {
  const whole = ({ slots }: TargetState) => {
    const found = slots[slot]
    return found?.release.id === release.id && found.ready >= found.desired && found.outdated === 0
  }
  return awaitState(harness, target, whole, `${slot} ready with ${release.id}`)
}

/** A target claimed with the sequence, whose stable slot runs the release. */
export async function stableTarget(harness: ConformanceHarness, release: ReleaseRef, replicas = 1) {
  const { platform } = harness
  const target = harness.target()
  const fence = fenceOf(1)
  await claimAs(harness, target, fence)
  await platform.prepare(target, release, fence)
  await platform.apply(target, 'stable', { release, scale: { replicas } }, fence)
  const state = await awaitReady(harness, target, 'stable', release)
  return { target, fence, state }
}

/** The same, with another release ready in the candidate slot. */
export async function bothSlots(harness: ConformanceHarness, stable: ReleaseRef, candidate: ReleaseRef) {
  const { platform } = harness
  const { target, fence } = await stableTarget(harness, stable)
  await platform.prepare(target, candidate, fence)
  await platform.apply(target, 'candidate', { release: candidate, scale: 'keep' }, fence)
  const state = await awaitReady(harness, target, 'candidate', candidate)
  return { target, fence, state }
}

/** What a write may change: not instances' names and restarts, which change by themselves. */
export function essence({ anchor, slots, routing }: TargetState) {
  const slot = (name: Slot) => slots[name] && { release: slots[name].release.id, desired: slots[name].desired }
  return { anchor, stable: slot('stable'), candidate: slot('candidate'), routing }
}

export async function refuses(work: Promise<unknown>, code: TidegateError['code']): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.equal(error instanceof TidegateError ? error.code : String(error), code)
    return true
  })
}

/** Every write of the port, with goals that would change something. */
export function writes({ platform }: ConformanceHarness, target: Target, release: ReleaseRef) {
  const verbs: Record<string, (fence: Fence) => Promise<void>> = {
    prepare: (fence) => platform.prepare(target, release, fence),
    apply: (fence) => platform.apply(target, 'candidate', { release, scale: { replicas: 1 } }, fence),
    'apply to stable': (fence) => platform.apply(target, 'stable', { release, scale: { replicas: 1 } }, fence),
    route: (fence) => platform.route(target, { weights: { stable: 40, candidate: 60 } }, fence),
    promote: (fence) => platform.promote(target, fence),
    'retire candidate': (fence) => platform.retire(target, 'candidate', fence),
    'retire all': (fence) => platform.retire(target, 'all', fence),
  }
  return Object.entries(verbs)
}
