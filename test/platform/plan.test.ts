import { expect, test } from 'vitest'
import { type InstanceView, planSlot } from '../../src/platforms/local/agent/plan.ts'
import type { SlotRecord } from '../../src/platforms/local/agent/record.ts'
import type { RollingOptions } from '../../src/spec/model.ts'

const slot = (replicas: number, rollout: RollingOptions | 'recreate'): SlotRecord => ({
  group: 'g',
  release: { id: 'new', version: '2.0.0', digest: 'new' },
  replicas,
  scale: { replicas },
  rollout,
})

/** `NnOo l`: new ready, new unready, old ready, old unready, old leaving; named by their place. */
const views = (picture: string): InstanceView[] =>
  [...picture].map((letter, at) => ({
    name: `${letter}${at}`,
    revision: letter.toLowerCase() === 'n' ? 'new' : 'old',
    ready: letter === 'N' || letter === 'O',
    leaving: letter === 'l',
  }))

const quarter: RollingOptions = { maxSurge: '25%', maxUnavailable: '25%' }
const surging: RollingOptions = { maxSurge: 1, maxUnavailable: 0 }
const shrinking: RollingOptions = { maxSurge: 0, maxUnavailable: 1 }

// [replicas, rollout, instances, start, stop]
const rows: [number, RollingOptions | 'recreate', string, number, string[]][] = [
  // nothing there, or nothing old: what is missing starts at once
  [3, quarter, '', 3, []],
  [3, quarter, 'Nn', 1, []],
  [3, quarter, 'NNN', 0, []],
  [3, quarter, 'NNNll', 0, []],
  // more than asked for: the ready ones stay
  [2, quarter, 'nNN', 0, ['n0']],
  [0, quarter, 'NN', 0, ['N0', 'N1']],
  // one instance at 25 %: surge rounds up to 1, unavailable down to 0
  [1, quarter, 'O', 1, []],
  [1, quarter, 'On', 0, []],
  [1, quarter, 'ON', 0, ['O0']],
  // four at 25 %: one more and one fewer
  [4, quarter, 'OOOO', 1, ['O0']],
  [4, quarter, 'OOOnn', 0, []],
  [4, quarter, 'OOONN', 0, ['O0', 'O1']],
  // only surge, only unavailable
  [3, surging, 'OOO', 1, []],
  [3, surging, 'OOOn', 0, []],
  [3, surging, 'OOON', 0, ['O0']],
  [3, shrinking, 'OOO', 0, ['O0']],
  [3, shrinking, 'lOO', 1, []],
  [3, shrinking, 'OOn', 0, []],
  // an old one that is not ready serves nobody
  [3, surging, 'oOO', 1, ['o0']],
  // never both zero
  [3, { maxSurge: 0, maxUnavailable: 0 }, 'OOO', 0, ['O0']],
  // recreate: nothing new before the last old process is gone
  [2, 'recreate', 'OO', 0, ['O0', 'O1']],
  [2, 'recreate', 'll', 0, []],
  [2, 'recreate', '', 2, []],
  [2, 'recreate', 'N', 1, []],
]

test.each(rows)('%i asked for, %j, of "%s": start %i, stop %j', (replicas, rollout, picture, start, stop) => {
  expect(planSlot(slot(replicas, rollout), views(picture))).toEqual({ start, stop })
})
