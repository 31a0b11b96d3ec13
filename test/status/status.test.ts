import { describe, expect, it } from 'vitest'
import { type DeploymentStatus, isOver, nextStatus, statuses, transitions } from '../../src/workflows/status.ts'

describe('the statuses of a deployment', () => {
  for (const from of statuses) {
    for (const to of statuses) {
      const allowed = transitions[from].includes(to)
      it(`${from} ${allowed ? 'may become' : 'never becomes'} ${to}`, () => {
        expect(nextStatus(from, to)).toBe(allowed ? to : from)
      })
    }
  }

  it('are all reached from pending', () => {
    const reached = new Set<DeploymentStatus>(['pending'])
    for (const status of reached) for (const next of transitions[status]) reached.add(next)
    expect([...reached].sort()).toEqual([...statuses].sort())
  })

  it('end in states that absorb whatever comes late, except that an active one is succeeded', () => {
    const over = statuses.filter(isOver)
    expect(over).toEqual(['active', 'inactive', 'rolled_back', 'failed', 'aborted', 'superseded', 'rejected'])
    for (const status of over) expect(transitions[status]).toEqual(status === 'active' ? ['inactive'] : [])
  })

  it('can always go on from those that are not over', () => {
    for (const status of statuses.filter((s) => !isOver(s))) expect(transitions[status].length).toBeGreaterThan(0)
  })

  it('never call something that moved `failed` without a way back', () => {
    for (const status of ['executing', 'activating'] as const) expect(transitions[status]).not.toContain('failed')
  })
})
