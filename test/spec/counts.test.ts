import { describe, expect, it } from 'vitest'
import { replicasFor } from '../../src/spec/carry.ts'
import { candidateBeside, countOf, rollingBounds, splitReplicas, weightOf } from '../../src/spec/counts.ts'
import type { CountOrPercent } from '../../src/spec/model.ts'

describe('bounds of a rolling change', () => {
  // maxSurge, maxUnavailable, replicas → surge, unavailable
  const rows: [CountOrPercent, CountOrPercent, number, number, number][] = [
    ['25%', '25%', 0, 0, 1],
    ['25%', '25%', 1, 1, 0],
    ['25%', '25%', 2, 1, 0],
    ['25%', '25%', 3, 1, 0],
    ['25%', '25%', 4, 1, 1],
    ['25%', '25%', 5, 2, 1],
    ['25%', '25%', 7, 2, 1],
    ['25%', '25%', 8, 2, 2],
    ['25%', '25%', 9, 3, 2],
    ['25%', '25%', 10, 3, 2],
    ['25%', '25%', 11, 3, 2],
    ['25%', '25%', 100, 25, 25],
    ['1%', '1%', 99, 1, 0],
    ['1%', '1%', 100, 1, 1],
    ['0%', '1%', 99, 0, 1],
    ['0%', '25%', 3, 0, 1],
    ['0%', '25%', 4, 0, 1],
    ['0%', '50%', 5, 0, 2],
    [0, '10%', 5, 0, 1],
    [0, '10%', 10, 0, 1],
    [0, '10%', 20, 0, 2],
    [0, 0, 10, 0, 1],
    ['0%', '0%', 10, 0, 1],
    [1, 0, 1, 1, 0],
    [1, 0, 100, 1, 0],
    [3, 2, 10, 3, 2],
    [0, 5, 3, 0, 3],
    [10, 10, 4, 10, 4],
    ['100%', 0, 7, 7, 0],
    [0, '100%', 7, 0, 7],
    ['100%', '100%', 7, 7, 7],
    ['33%', '33%', 10, 4, 3],
    ['34%', '34%', 3, 2, 1],
    ['99%', '99%', 1, 1, 0],
    ['50%', '50%', 3, 2, 1],
  ]
  it.each(rows)(
    'surge %s, unavailable %s of %i: %i above, %i below',
    (maxSurge, maxUnavailable, replicas, up, down) => {
      expect(rollingBounds({ maxSurge, maxUnavailable }, replicas)).toEqual({ surge: up, unavailable: down })
    },
  )

  it('always leaves room to move, and never takes more than there is', () => {
    for (let replicas = 0; replicas <= 100; replicas++) {
      for (let percent = 0; percent <= 100; percent++) {
        const share: CountOrPercent = `${percent}%`
        const { surge, unavailable } = rollingBounds({ maxSurge: share, maxUnavailable: share }, replicas)
        expect(surge + unavailable).toBeGreaterThan(0)
        if (replicas > 0) expect(unavailable).toBeLessThanOrEqual(replicas)
        expect(countOf(share, replicas, 'up') - countOf(share, replicas, 'down')).toBeLessThanOrEqual(1)
      }
    }
  })
})

describe('replicas divided for a weight', () => {
  // replicas, weight → stable, candidate
  const rows: [number, number, number, number][] = [
    [0, 50, 0, 0],
    [1, 0, 1, 0],
    [1, 1, 1, 0],
    [1, 99, 1, 0],
    [1, 100, 0, 1],
    [2, 1, 1, 1],
    [2, 50, 1, 1],
    [2, 99, 1, 1],
    [3, 10, 2, 1],
    [3, 50, 1, 2],
    [3, 66, 1, 2],
    [3, 99, 1, 2],
    [4, 10, 3, 1],
    [4, 25, 3, 1],
    [4, 37, 3, 1],
    [4, 38, 2, 2],
    [4, 75, 1, 3],
    [5, 20, 4, 1],
    [5, 30, 3, 2],
    [10, 1, 9, 1],
    [10, 10, 9, 1],
    [10, 14, 9, 1],
    [10, 15, 8, 2],
    [10, 95, 1, 9],
    [10, 99, 1, 9],
    [10, 100, 0, 10],
    [20, 5, 19, 1],
    [33, 33, 22, 11],
    [100, 1, 99, 1],
    [100, 37, 63, 37],
    [100, 99, 1, 99],
  ]
  it.each(rows)('of %i for %i %%: %i stay, %i move', (replicas, weight, stable, candidate) => {
    expect(splitReplicas(replicas, weight)).toEqual({ stable, candidate })
  })

  it('lesson 9: between 1 and 99 percent each side of two or more has at least one, and none is lost', () => {
    for (let replicas = 2; replicas <= 100; replicas++) {
      let before = 0
      for (let weight = 1; weight <= 99; weight++) {
        const { stable, candidate } = splitReplicas(replicas, weight)
        expect(stable + candidate).toBe(replicas)
        expect(Math.min(stable, candidate)).toBeGreaterThanOrEqual(1)
        expect(candidate).toBeGreaterThanOrEqual(before)
        before = candidate
      }
    }
  })

  it('says the weight that a split gives: 10 % of 4 are 25 %', () => {
    expect(weightOf(splitReplicas(4, 10))).toBe(25)
    expect(weightOf({ stable: 0, candidate: 0 })).toBe(0)
  })

  it.each([
    [1, 50],
    [5, 10],
    [10, 5],
    [25, 2],
    [50, 2],
  ])('a weight of %i %% needs %i replicas, to be given no more than twice', (weight, replicas) => {
    expect(replicasFor(weight)).toBe(replicas)
  })
})

describe('candidate beside a whole stable slot', () => {
  // stable, weight → with an exact router, by replicas
  const rows: [number, number, number, number][] = [
    [0, 50, 0, 0],
    [10, 0, 0, 0],
    [1, 1, 1, 1],
    [4, 10, 1, 1],
    [4, 50, 2, 4],
    [9, 10, 1, 1],
    [10, 10, 1, 2],
    [10, 50, 5, 10],
    [10, 80, 8, 40],
    [10, 99, 10, 990],
    [10, 100, 10, 10],
  ]
  it.each(rows)('%i with %i %%: %i where the router splits, %i where counts do', (stable, weight, exact, counted) => {
    expect(candidateBeside(stable, weight, 'exact')).toBe(exact)
    expect(candidateBeside(stable, weight, 'by-replicas')).toBe(counted)
  })
})
