/** What is drawn of a deployment, row by row: pure. */
import pc from 'picocolors'
import { describe, expect, test } from 'vitest'
import { clock, commandFor, openGate, renderView, timelineOf, type View } from '../../src/cli/live-view.ts'
import type { SlotState, TargetState, Weights } from '../../src/platforms/port.ts'
import type { Plan } from '../../src/spec/model.ts'
import type { DeploymentState, Gate, StrategyState } from '../../src/workflows/messages.ts'
import type { DeploymentStatus } from '../../src/workflows/status.ts'
import { canary, plan } from '../engine/harness.ts'

const plain = { colour: pc.createColors(false), columns: 120 }
const old = { id: '1.0.0-aaaaaaaa', version: '1.0.0', digest: 'sha256:a' }
const young = { id: '1.1.0-bbbbbbbb', version: '1.1.0', digest: 'sha256:b' }
const accepted = '2026-01-02T10:00:00.000Z'

function stateOf(over: Partial<DeploymentState> = {}): DeploymentState {
  return {
    id: 'deployment/production/host/shop/2',
    number: 2,
    target: { service: 'shop', environment: 'production', location: 'host' },
    kind: 'deploy',
    status: 'executing',
    version: '1.1.0',
    release: young,
    previous: old,
    strategy: 'canary',
    doing: 'watching 1.1.0 at 25 %',
    gate: null,
    paused: false,
    progress: null,
    strategyWorkflow: null,
    snapshot: null,
    canRollback: { possible: true, reasons: [] },
    by: 'anna',
    acceptedAt: accepted,
    startedAt: accepted,
    endedAt: null,
    timeline: [],
    incomplete: [],
    ...over,
  }
}

const progressOf = (over: Partial<StrategyState> = {}): StrategyState => ({
  step: 1,
  steps: 3,
  weights: { stable: 75, candidate: 25 },
  paused: false,
  gate: null,
  verdict: null,
  evidence: [],
  timeline: [],
  ...over,
})

const gateOf = (over: Partial<Gate> = {}): Gate => ({
  name: 'step-2',
  kind: 'promotion',
  since: accepted,
  text: 'promotion at 25 %',
  answers: ['promote'],
  ...over,
})

const slotOf = (release: SlotState['release'], over: Partial<SlotState> = {}): SlotState => ({
  release,
  desired: 2,
  ready: 2,
  outdated: 0,
  restarts: 0,
  crashLoop: null,
  instances: [],
  ...over,
})

const observedOf = (weights: Weights, candidate: Partial<SlotState> = {}): TargetState => ({
  target: stateOf().target,
  anchor: null,
  slots: { stable: slotOf(old), candidate: slotOf(young, candidate) },
  routing: { weights },
})

const draw = (view: Partial<View> = {}, style = plain) =>
  renderView({ state: stateOf(), now: Date.parse(accepted) + 83_000, ...view }, style)
const text = (view: Partial<View> = {}) => draw(view).join('\n')

describe('the heading says what goes where, how, how far and for how long', () => {
  test.each<[string, Partial<DeploymentState>, RegExp]>([
    ['under way', {}, /^shop 1\.1\.0 → production {3}#2 {3}canary {3}executing {3}1:23$/m],
    ['over', { status: 'active', endedAt: '2026-01-02T10:00:05.000Z' }, /active {3}0:05$/m],
    ['elsewhere', { target: { service: 'shop', environment: 'production', location: 'west' } }, /production \(west\)/],
    ['a rollback', { kind: 'rollback' }, /#2 {3}rollback {3}canary/],
    ['a first one', { previous: null }, /first deployment, by anna/],
    ['with a reason', { reason: 'the sale' }, /replaces 1\.0\.0-aaaaaaaa, by anna \(the sale\)/],
    ['not yet accepted, as far as is known', { acceptedAt: '' }, /executing$/m],
  ])('%s', (_, state, says) => expect(text({ state: stateOf(state) })).toMatch(says))
})

describe('stages that are done, current and left', () => {
  test.each<[DeploymentStatus, RegExp]>([
    ['pending', /package · validate · prepare · execute · activate/],
    ['packaging', /● package {2}○ validate/],
    ['awaiting_approval', /✔ package {2}● validate {2}○ prepare/],
    ['executing', /✔ prepare {2}● execute {2}○ activate/],
    ['active', /✔ execute {2}✔ activate/],
    ['rolling_back', /package · validate/],
  ])('%s', (status, says) => expect(text({ state: stateOf({ status }) })).toMatch(says))
})

test('steps are drawn with their weights and times where the plan is known', () => {
  const strategy = canary([10, 300_000], [25, 'manual'])
  const state = stateOf({ progress: progressOf() })
  expect(text({ state, plan: plan({ strategy }) as Plan })).toMatch(
    /✔ {2}10 % {2}5m\n {2}● {2}25 % {2}until a person promotes\n {2}○ 100 %/,
  )
  expect(text({ state })).toMatch(/✔ step 1\n {2}● step 2\n {2}○ step 3/)
  expect(text({ state: stateOf({ progress: progressOf({ paused: true }) }) })).toContain('● step 2  (paused)')
})

test('each side has the weight that was asked, the one in force, its instances and its traffic', () => {
  const state = stateOf({ progress: progressOf() })
  const traffic = { [old.id]: { requests: 750, errors: 0 }, [young.id]: { requests: 1250, errors: 3, perSecond: 99.7 } }
  const lines = draw({ state, observed: observedOf({ stable: 90, candidate: 10 }, { ready: 1 }), traffic })
  const side = (name: string) => lines.find((line) => line.trimStart().startsWith(name)) ?? ''
  expect(side('stable')).toMatch(/1\.0\.0-aaaaaaaa.*asked 75 %.*has 90 %.*2\/2 ready.*750 requests.*0 errors/)
  expect(side('candidate')).toMatch(
    /1\.1\.0-bbbbbbbb.*asked 25 %.*has 10 %.*1\/2 ready.*1,250 requests \(100\/s\).*3 errors \(0\.24 %\)/,
  )
})

test('a crash loop is told, and so is trouble in reaching the engine', () => {
  const observed = observedOf({ stable: 100, candidate: 0 }, { ready: 0, crashLoop: 'exit code 1' })
  expect(text({ observed, trouble: 'No worker answers' })).toMatch(/crash loop[\s\S]*No worker answers/)
})

describe('what it waits for, and the exact command that answers', () => {
  test.each<[string, Partial<DeploymentState>, string[]]>([
    [
      'a promotion',
      { progress: progressOf({ gate: gateOf() }) },
      ['promotion at 25 %', 'tidegate promote shop -e production', 'tidegate abort shop -e production'],
    ],
    [
      'an approval',
      { status: 'awaiting_approval', gate: gateOf({ kind: 'approval', answers: ['approve', 'reject'] }) },
      ['tidegate approve shop -e production', 'tidegate reject shop -e production'],
    ],
    [
      'a blocked way back',
      { status: 'rollback_blocked', gate: gateOf({ kind: 'blocked', answers: ['retry', 'skip'] }) },
      ['tidegate retry shop -e production', 'tidegate skip shop -e production'],
    ],
  ])('%s', (_, state, says) => {
    const drawn = text({ state: stateOf(state) })
    for (const line of says) expect(drawn).toContain(line)
  })

  test('the location is part of the command where it is not the usual one', () => {
    const target = { service: 'shop', environment: 'production', location: 'west' }
    expect(commandFor({ target }, 'promote')).toBe('tidegate promote shop -e production --location west')
  })

  test('a deployment that is over waits for nobody', () => {
    expect(openGate(stateOf({ status: 'aborted', gate: gateOf() }))).toBeNull()
  })
})

test('evidence, what was left undone, and the newest lines of both timelines in order', () => {
  const line = (second: number, words: string) => ({ at: `2026-01-02T10:00:0${second}.000Z`, text: words })
  const state = stateOf({
    status: 'rolled_back',
    outcome: 'the analysis failed',
    incomplete: ['retire the candidate'],
    progress: progressOf({ evidence: ['errors 4 % (at most 1 %)'], timeline: [line(2, 'second')] }),
    timeline: [line(1, 'first'), line(3, 'third')],
  })
  expect(timelineOf(state).map((entry) => entry.text)).toEqual(['first', 'second', 'third'])
  const drawn = text({ state })
  for (const words of ['the analysis failed', 'errors 4 %', 'retire the candidate', 'third'])
    expect(drawn).toContain(words)
})

test.each([1, 20, 40, 80])('no line is wider than %i columns, coloured or not', (columns) => {
  const view = {
    state: stateOf({ progress: progressOf({ gate: gateOf() }) }),
    observed: observedOf({ stable: 75, candidate: 25 }),
  }
  const codes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')
  for (const color of [true, false]) {
    for (const line of draw(view, { colour: pc.createColors(color), columns })) {
      expect(line.replace(codes, '').length).toBeLessThanOrEqual(columns)
    }
  }
})

test('texts from outside cannot move the cursor or break a line', () => {
  const reason = 'a\u001b[2Jb\r\nc'
  const state = stateOf({ reason, doing: reason, timeline: [{ at: accepted, text: reason }] })
  for (const line of draw({ state })) expect(line).not.toMatch(/\p{Cc}/u)
})

test.each([
  [0, '0:00'],
  [59_999, '0:59'],
  [60_000, '1:00'],
  [3_723_000, '1:02:03'],
  [-5, '0:00'],
])('%i ms is %s', (ms, says) => expect(clock(ms)).toBe(says))
