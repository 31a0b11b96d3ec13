import { describe, expect, it } from 'vitest'
import type { SlotState, TargetState } from '../../src/platforms/port.ts'
import type { ReleaseRef } from '../../src/spec/model.ts'
import { nextRestoreMove, type RestoreGoal, type RestoreMove } from '../../src/strategies/restore.ts'

const ref = (version: string): ReleaseRef => ({ id: `${version}-00000000`, version, digest: `sha256:${version}` })
const [old, bad] = [ref('1.0.0'), ref('1.1.0')]
const slot = (release: ReleaseRef, ready: number, desired = 2, outdated = 0): SlotState => ({
  release,
  desired,
  ready,
  outdated,
  restarts: 0,
  crashLoop: null,
  instances: [],
})
const state = (stable: SlotState | null, candidate: SlotState | null, candidateWeight = 0): TargetState => ({
  target: { service: 'shop', environment: 'production', location: 'host' },
  anchor: null,
  slots: { stable, candidate },
  routing: { weights: { stable: 100 - candidateWeight, candidate: candidateWeight } },
})
const goal: RestoreGoal = { release: old, replicas: 2, scale: { replicas: 2 } }
const first: RestoreGoal = { release: null, replicas: null, scale: null }
const allStable = { stable: 100, candidate: 0 }

describe('the next move on the way back', () => {
  const rows: [what: string, state: TargetState, goal: RestoreGoal, move: RestoreMove][] = [
    ['nothing was ever done: nothing to do (lesson 17)', state(slot(old, 2), null), goal, { do: 'done' }],
    [
      'a canary under way: traffic first',
      state(slot(old, 2), slot(bad, 2), 50),
      goal,
      { do: 'route', weights: allStable },
    ],
    [
      'the candidate is dead: traffic first (lesson 1)',
      state(slot(old, 1), slot(bad, 0), 50),
      goal,
      { do: 'route', weights: allStable },
    ],
    [
      'traffic is back: remove the candidate',
      state(slot(old, 2), slot(bad, 2)),
      goal,
      { do: 'retire', what: 'candidate' },
    ],
    [
      'stable lost instances while the candidate serves: wait for it',
      state(slot(old, 0), slot(bad, 2), 100),
      goal,
      { do: 'await-stable', release: old },
    ],
    [
      'replaced in place: the old release again',
      state(slot(bad, 1, 2, 1), null),
      goal,
      { do: 'apply', release: old, scale: { replicas: 2 } },
    ],
    [
      'the old release comes up: wait for it',
      state(slot(old, 1, 2, 1), null),
      goal,
      { do: 'await-stable', release: old },
    ],
    [
      'promoted already: the old release under the stable name',
      state(slot(bad, 2), null),
      goal,
      { do: 'apply', release: old, scale: { replicas: 2 } },
    ],
    [
      'scaled by the deployment: the number of before',
      state(slot(old, 5, 5), null),
      goal,
      { do: 'apply', release: old, scale: { replicas: 2 } },
    ],
    [
      'autoscaled: its later word counts',
      state(slot(old, 5, 5), null),
      { ...goal, scale: { min: 2, max: 9 } },
      { do: 'done' },
    ],
    [
      'scaled to nothing before: weight goes with the candidate',
      state(slot(old, 0, 0), slot(bad, 3), 100),
      { release: old, replicas: 0, scale: { replicas: 0 } },
      { do: 'retire', what: 'candidate' },
    ],
    ['a first deployment: nothing of ours is left', state(slot(bad, 0), null), first, { do: 'retire', what: 'all' }],
    ['a first deployment that left nothing', state(null, null), first, { do: 'done' }],
    [
      'a third version over a second in flight: still to the first (lesson 7)',
      state(slot(old, 2), slot(ref('1.2.0'), 2), 10),
      goal,
      { do: 'route', weights: allStable },
    ],
  ]
  it.each(rows)('%s', (_what, seen, to, move) => {
    expect(nextRestoreMove(seen, to)).toEqual(move)
  })
})
