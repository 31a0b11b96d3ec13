import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnalysisSpec } from '../../src/spec/model.ts'
import { canary, type Engine, startEngine } from '../engine/harness.ts'
import { unique } from '../setup/temporal.ts'

const analysis: AnalysisSpec = {
  judge: 'threshold',
  metrics: [{ name: 'errors', provider: 'traffic', kind: 'errors', max: 0.01 }],
  intervalMs: 100,
  minRequests: 20,
  failureLimit: 1,
  onInconclusive: 'proceed',
  onNoData: 'proceed',
}

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  await engine.close()
})

/** A canary whose steps measure nothing themselves; only the background does. */
function watchedFromBehind(...steps: Parameters<typeof canary>) {
  const strategy = canary(...steps)
  if (strategy.name !== 'canary') throw new Error('a canary was asked for')
  return { ...strategy, options: { ...strategy.options, analysis } }
}

describe('an analysis in the background of a canary', () => {
  it('is one activity over all steps, and ends with them', async () => {
    const service = unique('background')
    await engine.finish(await engine.deploy(service, '1.0.0'))
    const strategy = watchedFromBehind([10, 100], [50, 100])
    const accepted = await engine.deploy(service, '1.1.0', { strategy })
    expect((await engine.finish(accepted)).status).toBe('active')
    const { events } = await engine.client.workflow.getHandle(`${accepted.deployment}/canary`).fetchHistory()
    const kinds = events?.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name)
    // Two of the steps, and the one in the background.
    expect(kinds?.filter((name) => name === 'analyse')).toHaveLength(3)
  })

  it('goes back when it finds harm, though the step itself would last an hour', async () => {
    const service = unique('harm')
    await engine.finish(await engine.deploy(service, '1.0.0'))
    engine.platform.faults.errorRate.set('5.0.0', 0.2)
    const summary = await engine.finish(
      await engine.deploy(service, '5.0.0', { strategy: watchedFromBehind([50, 3_600_000]), deadlineMs: 7_200_000 }),
    )
    expect(summary).toMatchObject({ status: 'rolled_back' })
    expect(summary.outcome).toContain('errors')
  })

  it('goes back when it finds harm while a person is waited for', async () => {
    const service = unique('harm-gate')
    await engine.finish(await engine.deploy(service, '1.0.0'))
    engine.platform.faults.errorRate.set('5.1.0', 0.2)
    const strategy = watchedFromBehind([50, 'manual'])
    expect((await engine.finish(await engine.deploy(service, '5.1.0', { strategy }))).status).toBe('rolled_back')
  })
})
