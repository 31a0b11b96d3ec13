import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type DeploymentState, type TidegateClient } from '../../src/client/index.ts'
import type { Plan, ReleaseDraft } from '../../src/spec/index.ts'
import { putJson } from '../../src/store/canonical.ts'
import { canary, type Engine, plan, startEngine } from '../engine/harness.ts'
import { temporalAddress, unique } from '../setup/temporal.ts'

let engine: Engine
let tidegate: TidegateClient
beforeAll(async () => {
  engine = await startEngine()
  tidegate = await connect({ address: temporalAddress(), namespace: 'default' })
})
afterAll(async () => {
  await tidegate.close()
  await engine.close()
})

/** What `prepareDeploy` makes of a spec, for the engine's platform. */
async function prepared(service: string, version: string, over: Partial<Plan> = {}) {
  const content = new TextEncoder().encode(`${service} ${version}`)
  const artifact = { kind: 'archive' as const, digest: await engine.platform.store.put(content) }
  const workload = { command: ['true'], args: [], env: {}, secrets: [], ports: [], resources: {}, probes: {} }
  const draft: ReleaseDraft = { service, version, artifact, workload: { ...workload, gracePeriodMs: 1000 } }
  return {
    target: engine.target(service),
    version,
    draft: await putJson(engine.platform.store, draft),
    plan: plan(over),
  }
}

const byCanary = { strategy: canary([10, 'manual']) }

async function deployed(service: string, version: string, over: Partial<Plan> = {}): Promise<string> {
  const { deployment } = await tidegate.deploy(await prepared(service, version, over))
  await tidegate.result(deployment)
  return deployment
}

/** Watches until it is so. */
async function until(id: string, isSo: (state: DeploymentState) => boolean): Promise<DeploymentState> {
  for await (const state of tidegate.watch(id)) if (isSo(state)) return state
  throw new Error(`${id} ended before it was so`)
}

describe.concurrent('a deployment through the client', () => {
  it('is accepted, watched to its end, and remembered', async ({ expect }) => {
    const service = unique('shop')
    const { deployment, number, position } = await tidegate.deploy(await prepared(service, '1.0.0'), { by: 'anna' })
    expect([number, position]).toEqual([1, 0])
    const seen: string[] = []
    for await (const { status } of tidegate.watch(deployment)) seen.push(status)
    expect(seen.at(-1)).toBe('active')
    expect(await tidegate.result(deployment)).toMatchObject({ status: 'active', version: '1.0.0', by: 'anna' })
    // The service hears of the end a moment after the deployment itself is closed.
    const numbers = async () => (await tidegate.history(engine.target(service))).map((past) => past.number)
    await expect.poll(numbers, { timeout: 10_000 }).toEqual([1])
  })

  it('is one deployment when the same request is sent twice', async ({ expect }) => {
    const service = unique('shop')
    const request = await prepared(service, '1.0.0')
    const requestId = randomUUID()
    const first = await tidegate.deploy(request, { requestId })
    const second = await tidegate.deploy(request, { requestId })
    expect(second.deployment).toBe(first.deployment)
    await tidegate.result(first.deployment)
    await expect.poll(() => tidegate.history(engine.target(service)), { timeout: 10_000 }).toHaveLength(1)
  })

  it('shows the weights of its canary, and goes on when a person promotes', async () => {
    const service = unique('shop')
    await deployed(service, '1.0.0')
    const { deployment } = await tidegate.deploy(await prepared(service, '1.1.0', byCanary))
    const waiting = await until(deployment, ({ gate }) => gate?.kind === 'promotion')
    expect(waiting.progress?.weights).toEqual({ stable: 90, candidate: 10 })
    expect((await tidegate.plan(deployment))?.strategy).toEqual(byCanary.strategy)

    const decided = await tidegate.promote(deployment, { by: 'ben', reason: 'looks well' })
    expect(decided).toMatchObject({ delivery: 'update', deployment })
    expect((await tidegate.result(deployment)).status).toBe('active')
  })

  it('goes back to the release before, and aborts what is in flight', async () => {
    const service = unique('shop')
    const target = engine.target(service)
    await deployed(service, '1.0.0')
    await deployed(service, '1.1.0')
    const back = await tidegate.rollback(target)
    expect(await tidegate.result(back.deployment)).toMatchObject({
      status: 'active',
      version: '1.0.0',
      kind: 'rollback',
    })

    const { deployment } = await tidegate.deploy(await prepared(service, '1.2.0', byCanary))
    await until(deployment, ({ gate }) => gate !== null)
    expect(await tidegate.rollback(target)).toMatchObject({ deployment, aborting: true })
    expect((await tidegate.result(deployment)).status).toBe('aborted')
  })

  it('is found by number, and lists with its service', async ({ expect }) => {
    const service = unique('shop')
    const target = engine.target(service)
    const id = await deployed(service, '1.0.0')
    expect(await tidegate.deploymentOf(target)).toBe(id)
    expect(await tidegate.deploymentOf(target, 1)).toBe(id)
    // Visibility follows a moment later.
    const listed = async () => (await tidegate.list({ location: engine.location, service }))[0]
    await expect.poll(listed, { timeout: 10_000 }).toMatchObject({ stable: { version: '1.0.0' } })
  })
})

describe.concurrent('a decision that cannot count', () => {
  it('is refused with the code of what is wrong, and changes nothing', async () => {
    const service = unique('shop')
    await deployed(service, '1.0.0')
    const { deployment } = await tidegate.deploy(await prepared(service, '1.1.0', byCanary))
    await until(deployment, ({ gate }) => gate !== null)
    await expect(tidegate.approve(deployment)).rejects.toMatchObject({ code: 'decision.nothing-waits' })
    await expect(tidegate.promote(deployment, { gate: 'step-9' })).rejects.toMatchObject({
      code: 'decision.other-gate',
    })
    expect((await tidegate.state(deployment)).progress?.weights.candidate).toBe(10)

    await tidegate.abort(deployment)
    expect((await tidegate.result(deployment)).status).toBe('aborted')
    await expect(tidegate.promote(deployment)).rejects.toMatchObject({ code: 'deployment.over' })
  })
})

describe.concurrent('what is not there', () => {
  it('is said in words of the table', async () => {
    const target = engine.target(unique('nothing'))
    const id = `deployment/production/${engine.location}/${target.service}/1`
    await expect(tidegate.service(target)).rejects.toMatchObject({ code: 'target.unknown' })
    await expect(tidegate.rollback(target)).rejects.toMatchObject({ code: 'target.unknown' })
    await expect(tidegate.state(id)).rejects.toMatchObject({ code: 'deployment.unknown' })
    await expect(tidegate.abort(id)).rejects.toMatchObject({ code: 'deployment.unknown' })
    await expect(tidegate.result(id)).rejects.toMatchObject({ code: 'deployment.unknown' })
    expect(await tidegate.plan(id)).toBeNull()
  })

  it('refuses a request that is too large before it is sent', async () => {
    const service = unique('shop')
    const request = await prepared(service, '1.0.0')
    const large = tidegate.deploy(request, { reason: 'x'.repeat(300_000) })
    await expect(large).rejects.toMatchObject({ code: 'input.too-large' })
    await expect(tidegate.service(request.target)).rejects.toMatchObject({ code: 'target.unknown' })
  })
})
