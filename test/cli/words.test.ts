/** Exit codes, arguments, failures, plans: pure tables. */
import { describe, expect, test } from 'vitest'
import { countFrom, durationFrom, replicasFrom } from '../../src/cli/arguments.ts'
import { strategyLines } from '../../src/cli/commands/plan.ts'
import { exitCodeOf } from '../../src/cli/exit-code.ts'
import { failureLines, known } from '../../src/cli/failure.ts'
import { countedSince } from '../../src/cli/observing.ts'
import { TidegateError } from '../../src/errors.ts'
import type { TrafficReport } from '../../src/platforms/port.ts'
import { type Plan, type Scale, SpecError } from '../../src/spec/index.ts'
import { type DeploymentStatus, statuses } from '../../src/workflows/status.ts'
import { blueGreen, canary, plan } from '../engine/harness.ts'

const codes: Record<DeploymentStatus, number> = {
  active: 0,
  inactive: 0,
  rolled_back: 10,
  failed: 11,
  aborted: 12,
  rejected: 12,
  rollback_blocked: 13,
  pending: 14,
  packaging: 14,
  validating: 14,
  awaiting_approval: 14,
  preparing: 14,
  executing: 14,
  activating: 14,
  rolling_back: 14,
  superseded: 15,
}
test.each(statuses.map((status) => [status, codes[status]] as const))('%s is exit code %i', (status, code) => {
  expect(exitCodeOf(status)).toBe(code)
})

test('where going back was what the command was for, having gone back is success', () => {
  expect(exitCodeOf('aborted', 'abort')).toBe(0)
  expect(exitCodeOf('rollback_blocked', 'abort')).toBe(13)
})

describe('arguments', () => {
  test.each<[string, Scale]>([
    ['3', { replicas: 3 }],
    ['0', { replicas: 0 }],
    ['3..20', { min: 3, max: 20 }],
    ['4..4', { min: 4, max: 4 }],
  ])('%s replicas', (given, scale) => expect(replicasFrom(given)).toEqual(scale))

  test.each(['', '-1', '1.5', '3..', '..3', '5..2', '3...5', 'many', '1e3', '999999'])(
    '%j replicas are none',
    (given) => {
      expect(() => replicasFrom(given)).toThrow(TidegateError)
    },
  )

  test.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    [undefined, undefined],
  ])('a time of %s', (given, ms) => expect(durationFrom('--timeout', given)).toBe(ms))

  test.each(['', '5', 's', '5 m', '-5m', '5M', 'soon'])('%j is no time', (given) => {
    expect(() => durationFrom('--timeout', given)).toThrow(/--timeout/)
  })

  test('counts are whole', () => {
    expect(countFrom('--tail', '0')).toBe(0)
    for (const bad of ['', '-1', '1.5', 'all']) expect(() => countFrom('--tail', bad)).toThrow(/--tail/)
  })
})

describe('failures', () => {
  test('an error of the table says what, and what to do', () => {
    const error = new TidegateError('temporal.unreachable', { address: 'here:1' })
    expect(failureLines(error)).toEqual([error.message, error.remedy])
  })

  test('an error of a spec lists every problem', () => {
    const problem = (line: number) => ({ file: 'x.yaml', line, column: 1, path: 'a', found: '1', expected: '2' })
    const lines = failureLines(new SpecError('x.yaml', [problem(3), problem(7)])).join('\n')
    expect(lines).toMatch(/2 problems in x\.yaml[\s\S]*x\.yaml:3:1[\s\S]*x\.yaml:7:1/)
  })

  test('anything else is a bug of ours, exit code 1, with the way to its stack', () => {
    const error = known(new Error('surprise'))
    expect(error).toMatchObject({ code: 'bug', row: { exit: 1 } })
    expect(failureLines(error).join('\n')).toMatch(/surprise[\s\S]*--debug/)
    expect(failureLines(error, { debug: true }).join('\n')).toMatch(/caused by[\s\S]*words\.test\.ts/)
    expect(known('not even an error').message).toContain('not even an error')
  })
})

describe('a plan in words', () => {
  test.each<[string, Partial<Plan>, RegExp[]]>([
    [
      'canary',
      { strategy: canary([10, 300_000], [50, 'manual']), approval: true, bakeMs: 60_000 },
      [/approval/, /10 % for 5m/, /50 % until a person promotes/, /100 %/, /1m/],
    ],
    [
      'blue-green',
      { strategy: blueGreen({ autoPromote: false, promoteTimeoutMs: 60_000 }) },
      [/person.*1m/, /at once/],
    ],
    ['rolling', {}, [/25%.*25%/]],
    ['recreate', { strategy: { name: 'recreate', options: {} } }, [/gap/]],
  ])('%s', (_, over, says) => {
    const words = strategyLines(plan(over)).join('\n')
    for (const part of says) expect(words).toMatch(part)
  })
})

describe('traffic since the first look', () => {
  const report = (since: string, requests: number, errors = 0): TrafficReport => ({
    at: since,
    releases: { a: { since, requests, errors, latency: [] } },
  })
  test.each([
    ['counts the difference', report('t1', 100, 2), report('t1', 150, 5), { a: { requests: 50, errors: 3 } }],
    ['counts anew after a reset', report('t1', 100, 2), report('t2', 7, 1), { a: { requests: 7, errors: 1 } }],
    [
      'counts a new release from its beginning',
      { at: '', releases: {} },
      report('t1', 7),
      { a: { requests: 7, errors: 0 } },
    ],
  ])('%s', (_, first, now, counted) => expect(countedSince(first, now)).toEqual(counted))

  test('and requests a second since the last look', () => {
    const at = (second: number, requests: number): TrafficReport => ({
      ...report('t1', requests),
      at: `2026-01-02T10:00:0${second}.000Z`,
    })
    expect(countedSince(at(0, 100), at(4, 900), at(2, 500))).toEqual({
      a: { requests: 800, errors: 0, perSecond: 200 },
    })
  })
})
