import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnalysisSpec, CanaryStep } from '../../src/spec/model.ts'
import { blueGreen, type Engine, startEngine } from '../engine/harness.ts'
import { deployed, only, whatRuns } from '../engine/outcomes.ts'
import { unique } from '../setup/temporal.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  await engine.close()
})

const errors = (over: Partial<AnalysisSpec> = {}): AnalysisSpec => ({
  judge: 'threshold',
  metrics: [{ name: 'errors', provider: 'traffic', kind: 'errors', max: 0.01 }],
  intervalMs: 100,
  minRequests: 20,
  failureLimit: 0,
  onInconclusive: 'proceed',
  onNoData: 'proceed',
  ...over,
})
const steps = (...list: CanaryStep[]) => ({
  strategy: { name: 'canary' as const, options: { steps: list, require: 'no-harm' as const } },
})
/** A version whose every fifth request fails. */
function failing(): string {
  const version = `2.${Math.floor(Math.random() * 1e6)}.0`
  engine.platform.faults.errorRate.set(version, 0.2)
  return version
}
const crash = (version: string, service: string) => {
  engine.platform.faults.crashing.add(version)
  const slot = engine.platform.cells.get(`production/${engine.location}/${service}`)?.candidate
  if (slot) slot.crashLoop = 'exit code 1'
}

describe.concurrent('an analysis', () => {
  it('of a candidate that fails requests goes back by itself, with the evidence', async () => {
    const service = unique('errors')
    await deployed(engine, service)
    const over = steps({ weight: 10, pause: 600_000, analysis: errors() })
    const summary = await engine.finish(await engine.deploy(service, failing(), over))
    expect(summary).toMatchObject({ status: 'rolled_back', error: { code: 'strategy.failed' } })
    expect(summary.evidence?.[0]).toMatch(/^errors [0-9.]+ % \([0-9]+ of [0-9]+\) on 2.*; limit 1 %/)
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('of a candidate that is well lets the step go on (lesson 19)', async () => {
    const service = unique('well')
    await deployed(engine, service)
    const over = steps({ weight: 50, pause: 400, analysis: errors() })
    expect((await engine.finish(await engine.deploy(service, '1.1.0', over))).status).toBe('active')
  })

  const noTraffic: CanaryStep = { weight: 0, pause: 300 }
  it('without traffic is no pass: it goes on where that is declared (lessons 10, 16)', async () => {
    const service = unique('nodata')
    await deployed(engine, service)
    const over = steps({ ...noTraffic, analysis: errors({ onNoData: 'proceed' }) })
    const accepted = await engine.deploy(service, '1.1.0', over)
    expect((await engine.finish(accepted)).status).toBe('active')
    const { timeline } = await engine.strategy(`${accepted.deployment}/canary`)
    expect(timeline.some(({ text }) => text.startsWith('no-data: '))).toBe(true)
  })

  it('without traffic goes back where that is declared (lesson 16)', async () => {
    const service = unique('nodata')
    await deployed(engine, service)
    const over = steps({ ...noTraffic, analysis: errors({ onNoData: 'rollback' }) })
    const summary = await engine.finish(await engine.deploy(service, '1.1.0', over))
    expect(summary).toMatchObject({ status: 'rolled_back', outcome: expect.stringContaining('no-data') })
  })

  it('without traffic asks a person where that is declared (lesson 16)', async () => {
    const service = unique('nodata')
    await deployed(engine, service)
    const over = steps({ ...noTraffic, analysis: errors({ onNoData: 'pause' }) })
    const accepted = await engine.deploy(service, '1.1.0', over)
    const { gate } = await engine.until(accepted.deployment, (s) => s.gate?.kind === 'question')
    expect(gate).toMatchObject({ name: 'step-1', answers: ['promote'], text: expect.stringContaining('no-data') })
    await engine.decide(accepted.deployment, 'promote', { gate: 'step-1' })
    expect((await engine.finish(accepted)).status).toBe('active')
  })
})

describe.concurrent('harm is acted on', () => {
  it('while a person is waited for at a manual step', async () => {
    const service = unique('manual')
    await deployed(engine, service)
    const version = failing()
    engine.platform.faults.errorRate.delete(version)
    const over = steps({ weight: 10, pause: 'manual', analysis: errors() })
    const accepted = await engine.deploy(service, version, over)
    await engine.until(accepted.deployment, (s) => s.gate?.name === 'step-1')
    engine.platform.faults.errorRate.set(version, 0.5)
    expect((await engine.finish(accepted)).status).toBe('rolled_back')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('while a canary is paused', async () => {
    const service = unique('paused')
    await deployed(engine, service)
    const accepted = await engine.deploy(service, '3.1.0', steps({ weight: 10, pause: 'manual' }))
    await engine.until(accepted.deployment, (s) => s.gate !== null)
    await engine.decide(accepted.deployment, 'pause')
    await engine.untilStrategy(`${accepted.deployment}/canary`, (s) => s.paused)
    await engine.decide(accepted.deployment, 'promote')
    await engine.until(accepted.deployment, (s) => s.gate?.kind === 'paused')
    crash('3.1.0', service)
    expect((await engine.finish(accepted)).status).toBe('rolled_back')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('while a blue-green waits for its promotion', async () => {
    const service = unique('preview')
    await deployed(engine, service)
    const accepted = await engine.deploy(service, '3.2.0', { strategy: blueGreen({ autoPromote: false }) })
    await engine.until(accepted.deployment, (s) => s.gate?.name === 'promotion')
    crash('3.2.0', service)
    expect((await engine.finish(accepted)).status).toBe('rolled_back')
    expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
  })

  it('while the new release is baked, in place too', async () => {
    for (const over of [{}, steps({ weight: 50, pause: 0 })]) {
      const service = unique('bake')
      await deployed(engine, service)
      const version = `4.${Object.keys(over).length}.0`
      const accepted = await engine.deploy(service, version, { ...over, bakeMs: 600_000 })
      await engine.until(accepted.deployment, (s) => s.doing.startsWith('watching'))
      const cell = engine.platform.cells.get(`production/${engine.location}/${service}`)
      for (const slot of [cell?.stable, cell?.candidate])
        if (slot?.release.version === version) slot.crashLoop = 'exit 1'
      expect(await engine.finish(accepted)).toMatchObject({ status: 'rolled_back' })
      expect(await whatRuns(engine, service)).toEqual(only('1.0.0'))
    }
  })
})
