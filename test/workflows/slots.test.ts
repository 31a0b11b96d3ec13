import { afterAll, beforeAll, expect, it } from 'vitest'
import { canary, type Engine, startEngine } from '../engine/harness.ts'
import { deployed, only, whatRuns } from '../engine/outcomes.ts'
import { unique } from '../setup/temporal.ts'

const slots = 20
let engine: Engine
beforeAll(async () => {
  engine = await startEngine({ maxWaits: slots })
})
afterAll(async () => {
  await engine.close()
})

/** When the first event of that activity type was scheduled, and when it was done. */
async function timesOf(id: string, activity: string) {
  const { events = [] } = await engine.handle(id).fetchHistory()
  const at = (e: { eventTime?: { seconds?: unknown; nanos?: number | null } | null } | undefined) =>
    Number(e?.eventTime?.seconds) * 1000 + Number(e?.eventTime?.nanos) / 1e6
  const scheduled = events?.find((e) => e.activityTaskScheduledEventAttributes?.activityType?.name === activity)
  const scheduledEventId = String(scheduled?.eventId)
  const completed = events?.find(
    (e) => String(e.activityTaskCompletedEventAttributes?.scheduledEventId) === scheduledEventId,
  )
  return { scheduled: at(scheduled), completed: at(completed) }
}

it('twenty aborts while twice the slots wait in analyses: none waits for a slot', async () => {
  const services = Array.from({ length: 2 * slots }, () => unique('slot'))
  await Promise.all(services.map((service) => deployed(engine, service)))
  const strategy = canary([50, 600_000])
  const accepted = await Promise.all(services.map((service) => engine.deploy(service, '1.1.0', { strategy })))
  const measuring = async () => {
    const states = await Promise.all(accepted.map(({ deployment }) => engine.state(deployment)))
    return states.filter(({ status }) => status === 'executing').length
  }
  while ((await measuring()) < 2 * slots) await new Promise((resolve) => setTimeout(resolve, 100))
  await Promise.all(
    accepted.slice(0, slots).map(({ deployment }) => engine.untilStrategy(`${deployment}/canary`, () => true)),
  )

  // Those that wait for a slot, and those that have one.
  const aborted = accepted.slice(slots / 2, slots / 2 + slots)
  await Promise.all(aborted.map(({ deployment }) => engine.decide(deployment, 'abort')))
  for (const one of aborted) expect((await engine.finish(one)).status).toBe('aborted')
  for (const one of aborted) {
    const { scheduled, completed } = await timesOf(one.deployment, 'wayBack')
    // An analysis lasts ten minutes: whoever had to wait for a slot would not be done.
    expect(completed - scheduled).toBeLessThan(30_000)
  }
  const others = accepted.filter((one) => !aborted.includes(one))
  for (const one of others) expect((await engine.state(one.deployment)).status).toBe('executing')
  for (const service of services.slice(slots / 2, slots / 2 + slots)) {
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  }
  await Promise.all(others.map(({ deployment }) => engine.decide(deployment, 'abort')))
  for (const one of others) await engine.finish(one)
}, 240_000)
