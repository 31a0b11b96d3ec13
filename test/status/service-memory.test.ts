import { describe, expect, it } from 'vitest'
import type { Plan, ReleaseRef } from '../../src/spec/model.ts'
import type { DeploymentSummary } from '../../src/workflows/messages.ts'
import {
  accept,
  barrier,
  conclude,
  type Entry,
  emptyMemory,
  limits,
  nextTurn,
  renumber,
  rollbackTarget,
  type ServiceMemory,
  setStable,
  trimmed,
  turnAtOnce,
  upcast,
} from '../../src/workflows/service-memory.ts'

const ref = (version: string): ReleaseRef => ({ id: `${version}-00000000`, version, digest: `sha256:${version}` })
const target = { service: 'shop', environment: 'production', location: 'host' }

function entry(number: number, over: Partial<Entry> & { approval?: boolean } = {}): Entry {
  const { approval = false, ...rest } = over
  const input = { target, number, kind: 'deploy' as const, version: `1.${number}.0`, by: 'anna', acceptedAt: '' }
  const plan = { approval } as Plan
  return {
    id: `d/${number}`,
    number,
    phase: 'waiting',
    input: { ...input, release: null, plan },
    onFailure: 'pause-queue',
    priority: false,
    ...rest,
  }
}
const memory = (over: Partial<ServiceMemory> = {}): ServiceMemory => ({ ...emptyMemory(), ...over })
const summary = (number: number, over: Partial<DeploymentSummary> = {}): DeploymentSummary => ({
  id: `d/${number}`,
  number,
  kind: 'deploy',
  version: `1.${number}.0`,
  release: ref(`1.${number}.0`),
  previous: null,
  strategy: 'rolling',
  status: 'active',
  by: 'anna',
  acceptedAt: '',
  endedAt: '',
  ...over,
})

describe('carried state', () => {
  it('of nothing is an empty memory', () => {
    expect(upcast(undefined)).toEqual(emptyMemory())
    expect(upcast(null)).toEqual(emptyMemory())
  })

  it('of this version comes back as it was, with what it lacked at its default', () => {
    expect(upcast({ schema: 1, nextNumber: 7 })).toEqual({ ...emptyMemory(), nextNumber: 7 })
    expect(upcast(JSON.parse(JSON.stringify(memory({ sequence: 3 }))))).toEqual(memory({ sequence: 3 }))
  })

  it('of a later version is refused, loudly', () => {
    expect(() => upcast({ schema: 2 })).toThrow(/version 2 is newer/)
  })

  it('is cut to what may be carried: the oldest history goes first', () => {
    const history = Array.from({ length: 50 }, (_, i) => summary(50 - i, { outcome: 'x'.repeat(10_000) }))
    const full = memory({ history })
    const size = (value: unknown) => JSON.stringify(value).length
    const small = trimmed(full, size)
    expect(small && size(small)).toBeLessThanOrEqual(limits.carried)
    expect(small?.history[0]?.number).toBe(50)
    expect(small?.history.length).toBeLessThan(50)
    expect(full.history).toHaveLength(50)
  })

  it('cannot be cut when what waits is itself too large', () => {
    const huge = entry(1)
    huge.input.reason = 'x'.repeat(limits.carried)
    expect(trimmed(memory({ entries: [huge] }), (value) => JSON.stringify(value).length)).toBeNull()
  })
})

describe('the turn', () => {
  const asked = (number: number, over = {}) => entry(number, { phase: 'asked', ...over })
  const rows: [what: string, entries: Entry[], queuePaused: string | null, next: number | null][] = [
    ['goes to nobody where nobody asked', [entry(1), entry(2, { phase: 'started' })], null, null],
    ['goes in the order of numbers', [asked(3), asked(2)], null, 2],
    ['passes over one that has not asked', [entry(2, { phase: 'started' }), asked(3)], null, 3],
    ['goes first to who has priority', [asked(2), asked(3, { priority: true })], null, 3],
    ['waits for the one that runs', [entry(1, { phase: 'running' }), asked(2, { priority: true })], null, null],
    ['does not wait for one that was forced past', [entry(1, { phase: 'overridden' }), asked(2)], null, 2],
    ['goes to nobody while the queue is paused', [asked(2)], 'a failure', null],
    ['goes to a rollback although the queue is paused', [asked(2), asked(3, { priority: true })], 'a failure', 3],
  ]
  it.each(rows)('%s', (_what, entries, queuePaused, next) => {
    expect(nextTurn(memory({ entries, queuePaused }))?.number ?? null).toBe(next)
  })

  const starts: [what: string, others: Entry[], over: object, queuePaused: string | null, atOnce: boolean][] = [
    ['where nobody is before it', [], {}, null, true],
    ['not where one runs', [entry(1, { phase: 'running' })], {}, null, false],
    ['not where a person must approve', [], { approval: true }, null, false],
    ['not while the queue is paused', [], {}, 'a failure', false],
    ['not before one that asks already', [entry(1, { phase: 'asked' })], {}, null, false],
    ['before those that have not begun', [entry(3)], {}, null, true],
    ['before all others with priority', [entry(1, { phase: 'asked' })], { priority: true }, 'a failure', true],
  ]
  it.each(starts)('is given at the start %s', (_what, others, over, queuePaused, atOnce) => {
    const starting = entry(2, over)
    expect(turnAtOnce(memory({ entries: [...others, starting], queuePaused }), starting)).toBe(atOnce)
  })
})

describe('the end of a deployment', () => {
  it('makes its release the stable one, and the one before it inactive', () => {
    const m = memory()
    conclude(m, summary(1), null)
    conclude(m, summary(2, { sequence: 9 }), null)
    expect(m.stable?.version).toBe('1.2.0')
    expect(m.sequence).toBe(9)
    expect(m.history.map((h) => h.status)).toEqual(['active', 'inactive'])
  })

  it('is written down once, however often it is told', () => {
    const m = memory()
    for (let i = 0; i < 3; i++) conclude(m, summary(1), null)
    expect(m.history).toHaveLength(1)
  })

  const ends: [status: DeploymentSummary['status'], onFailure: Entry['onFailure'], pauses: boolean][] = [
    ['active', 'pause-queue', false],
    ['superseded', 'pause-queue', false],
    ['rolled_back', 'pause-queue', true],
    ['failed', 'pause-queue', true],
    ['aborted', 'pause-queue', true],
    ['rejected', 'pause-queue', true],
    ['rolled_back', 'continue-queue', false],
  ]
  it.each(ends)('%s with %s pauses what waits: %s', (status, onFailure, pauses) => {
    const ending = entry(1, { phase: 'running', onFailure })
    const m = memory({ entries: [ending, entry(2)] })
    conclude(m, summary(1, { status }), ending)
    expect(m.queuePaused !== null).toBe(pauses)
    expect(m.entries.map((e) => e.number)).toEqual([2])
  })

  it('pauses nothing where nothing waits, and the last one to go ends a pause', () => {
    const m = memory({ entries: [entry(1)], queuePaused: 'a failure' })
    conclude(m, summary(1, { status: 'failed' }), null)
    expect(m.queuePaused).toBeNull()
  })

  it('keeps fifty', () => {
    const m = memory()
    for (let number = 1; number <= 60; number++) conclude(m, summary(number), null)
    expect([m.history.length, m.releases.length]).toEqual([limits.history, limits.releases])
    expect(m.history[0]?.number).toBe(60)
    expect(m.releases[0]?.version).toBe('1.60.0')
  })
})

describe('the release to go back to', () => {
  const released = (...versions: string[]) => {
    const m = memory()
    for (const version of versions) setStable(m, ref(version), true)
    return m
  }

  it('is the one before', () => {
    expect(rollbackTarget(released('1', '2', '3'), undefined)?.version).toBe('2')
    expect(rollbackTarget(released('1'), undefined)).toBeNull()
    expect(rollbackTarget(memory(), undefined)).toBeNull()
  })

  it('is the one that is named, by id or version', () => {
    expect(rollbackTarget(released('1', '2', '3'), '1')?.version).toBe('1')
    expect(rollbackTarget(released('1', '2', '3'), ref('2').id)?.version).toBe('2')
    expect(rollbackTarget(released('1', '2', '3'), '7')).toBeNull()
  })

  it('leads further back each time, and never to what was rolled back (lesson 14)', () => {
    const m = released('1', '2', '3')
    setStable(m, ref('2'), false)
    expect(rollbackTarget(m, undefined)?.version).toBe('1')
    setStable(m, ref('4'), true)
    expect(rollbackTarget(m, undefined)?.version).toBe('2')
    expect(m.releases.map((r) => r.version)).toEqual(['4', '2', '3', '1'])
  })

  it('is barred by an irreversible migration in between, and by none before it (lesson 13)', () => {
    const m = released('1', '2', '3')
    m.irreversible = [ref('2').id]
    expect(barrier(m, ref('1'))?.version).toBe('2')
    expect(barrier(m, ref('2'))).toBeNull()
    expect(barrier(m, ref('9'))).toBeNull()
  })
})

describe('a request', () => {
  it('is remembered, with the last two hundred', () => {
    const m = memory()
    for (let number = 1; number <= 250; number++) accept(m, `r${number}`, entry(number))
    expect(m.requests).toHaveLength(limits.requests)
    expect(m.requests.at(-1)).toEqual({ id: 'r250', number: 250 })
    expect(m.nextNumber).toBe(251)
  })

  it('keeps its deployment when that gets another number', () => {
    const m = memory()
    const one = entry(1, { phase: 'started' })
    accept(m, 'r', one)
    renumber(m, one, (number) => `d/${number}`)
    expect(one).toMatchObject({ id: 'd/2', number: 2, phase: 'waiting', input: { number: 2 } })
    expect(m.requests).toEqual([{ id: 'r', number: 2 }])
    expect(m.nextNumber).toBe(3)
  })
})
