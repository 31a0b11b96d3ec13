/** One execution of every workflow, strategy and outcome, for golden histories. */
import { TidegateError } from '../../src/errors.ts'
import { blueGreen, canary, type Engine } from '../engine/harness.ts'
import { deployed } from '../engine/outcomes.ts'

/** Plays the scenario on a service of that name, and returns the ids of the executions to keep. */
export type Scenario = (engine: Engine, service: string) => Promise<string[]>

/** A deployment of 1.1.0 over 1.0.0 that ends by itself, or by what `then` does once a gate is open. */
const over =
  (
    plan: Parameters<Engine['deploy']>[2],
    child: string | null,
    then?: (engine: Engine, id: string, service: string) => Promise<unknown>,
  ): Scenario =>
  async (engine, service) => {
    await deployed(engine, service)
    const accepted = await engine.deploy(service, '1.1.0', plan)
    const id = accepted.deployment
    if (then) {
      await engine.until(id, (s) => s.gate !== null)
      await then(engine, id, service)
    }
    await engine.finish(accepted)
    return child ? [id, `${id}/${child}`] : [id]
  }

const manual = canary([50, 'manual'])
const analysed = {
  name: 'canary' as const,
  options: {
    require: 'no-harm' as const,
    steps: [
      {
        weight: 50,
        pause: 300,
        analysis: {
          judge: 'threshold' as const,
          metrics: [{ name: 'errors', provider: 'traffic' as const, kind: 'errors' as const, max: 0.01 }],
          intervalMs: 100,
          minRequests: 5,
          failureLimit: 0,
          onInconclusive: 'proceed' as const,
          onNoData: 'proceed' as const,
        },
      },
    ],
  },
}

export const scenarios: Record<string, Scenario> = {
  'first-active': async (engine, service) => [(await deployed(engine, service)).id],
  'first-rolled-back': async (engine, service) => {
    engine.platform.faults.crashing.add('6.6.6')
    return [(await engine.finish(await engine.deploy(service, '6.6.6'))).id]
  },
  'hook-failed': async (engine, service) => {
    const hook = {
      name: 'no',
      at: 'before-validate' as const,
      timeoutMs: 5_000,
      onFailure: 'fail' as const,
      once: false,
    }
    const hooks = [{ ...hook, action: { kind: 'command' as const, command: ['false'] } }]
    return [(await engine.finish(await engine.deploy(service, '1.0.0', { hooks }))).id]
  },
  'rolling-active': over({}, null),
  'recreate-active': over({ strategy: { name: 'recreate', options: {} }, bakeMs: 50 }, null),
  'approval-active': over({ approval: true }, null, (e, id) => e.decide(id, 'approve')),
  'approval-rejected': over({ approval: true }, null, (e, id) => e.decide(id, 'reject')),
  'canary-active': over({ strategy: analysed }, 'canary'),
  'canary-promoted': over({ strategy: manual }, 'canary', (e, id) => e.decide(id, 'promote')),
  'canary-aborted': over({ strategy: manual }, 'canary', (e, id) => e.decide(id, 'abort')),
  'canary-paused': over({ strategy: manual }, 'canary', async (e, id) => {
    await e.decide(id, 'pause')
    await e.decide(id, 'promote')
    await e.until(id, (s) => s.gate?.kind === 'paused')
    await e.signal(id, 'resume')
  }),
  'canary-rolled-back': async (engine, service) => {
    engine.platform.faults.errorRate.set('5.0.0', 0.5)
    await deployed(engine, service)
    const { id } = await engine.finish(await engine.deploy(service, '5.0.0', { strategy: analysed }))
    return [id, `${id}/canary`]
  },
  'blue-green-active': over({ strategy: blueGreen({ monitorMs: 50 }) }, 'blue-green'),
  'blue-green-promoted': over({ strategy: blueGreen({ autoPromote: false }) }, 'blue-green', (e, id) =>
    e.decide(id, 'promote'),
  ),
  'blue-green-timed-out': over({ strategy: blueGreen({ autoPromote: false, promoteTimeoutMs: 200 }) }, 'blue-green'),
  'replaced-superseded': async (engine, service) => {
    await deployed(engine, service)
    const first = await engine.deploy(service, '1.1.0', { strategy: manual })
    await engine.until(first.deployment, (s) => s.gate !== null)
    const second = await engine.deploy(service, '1.2.0', {}, { whenBusy: 'replace' })
    await engine.finish(second)
    return [first.deployment, second.deployment]
  },
  'deadline-rolled-back': over({ strategy: canary([50, 60_000]), deadlineMs: 8_000 }, 'canary'),
  'blocked-skipped': over({ strategy: manual }, null, async (engine, id, service) => {
    const cause = new TidegateError('artifact.corrupt', { artifact: 'x', expected: 'a', actual: 'b' })
    engine.platform.faults.throws.set(`route ${service}`, cause)
    await engine.decide(id, 'abort')
    await engine.until(id, (s) => s.gate?.kind === 'blocked')
    await engine.decide(id, 'skip')
  }),
  'rollback-gradual': async (engine, service) => {
    for (const version of ['1.0.0', '1.1.0']) await deployed(engine, service, version)
    const { id } = await engine.finish(await engine.ask(service, 'rollback', { kind: 'gradual', pauseMs: 20 }))
    return [id, `${id}/canary`]
  },
  'scaled-restarted': async (engine, service) => {
    await deployed(engine, service)
    const scaled = await engine.finish(await engine.ask(service, 'scale', { scale: { replicas: 3 } }))
    const restarted = await engine.finish(await engine.ask(service, 'restart'))
    return [scaled.id, restarted.id, `service/production/${engine.location}/${service}`]
  },
  restored: async (engine, service) => {
    await deployed(engine, service)
    const { deployment } = await engine.deploy(service, '1.1.0', { strategy: manual })
    await engine.until(deployment, (s) => s.gate !== null)
    await engine.handle(deployment).terminate()
    const { history } = await engine.untilService(service, (s) => s.history[0]?.kind === 'restore')
    return [history[0]?.id ?? '', `service/production/${engine.location}/${service}`]
  },
}
