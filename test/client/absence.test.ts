import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type TidegateClient } from '../../src/client/index.ts'
import { deploymentWorkflowId, serviceWorkflowId, workflowQueue } from '../../src/workflows/messages.ts'
import { type RunningTemporal, startTemporal } from '../../tools/temporal.ts'
import { plan } from '../engine/harness.ts'
import { temporalCli } from '../setup/temporal.ts'

// A server of its own: elsewhere the workers of other tests would answer.
const target = { service: 'shop', environment: 'production', location: 'nowhere' }
const id = deploymentWorkflowId(target, 1)
let dir: string
let server: RunningTemporal
let tidegate: TidegateClient

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidegate-absence-'))
  server = await startTemporal({ path: temporalCli(), dir })
  tidegate = await connect({ address: server.address, namespace: 'default' })
  await tidegate.temporal.workflow.start('deployment', { workflowId: id, taskQueue: workflowQueue })
})
afterAll(async () => {
  await tidegate.close()
  await server.stop()
  await rm(dir, { recursive: true, force: true })
})

const signals = async () => {
  const { events } = await tidegate.temporal.workflow.getHandle(id).fetchHistory()
  return (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? [])
}

describe.concurrent('where no worker is', () => {
  it.each(['approve', 'reject', 'abort'] as const)('%s is recorded for good, and the answer says so', async (name) => {
    const decided = await tidegate.decide(id, name, { by: 'anna' })
    expect(decided).toMatchObject({ delivery: 'signal', deployment: id })
    expect(await signals()).toContain(name)
  })

  it.each(['promote', 'pause', 'skip'] as const)('%s is refused within seconds, and nothing was sent', async (name) => {
    const began = Date.now()
    await expect(tidegate.decide(id, name)).rejects.toMatchObject({ code: 'worker.absent', row: { exit: 3 } })
    expect(Date.now() - began).toBeLessThan(15_000)
    expect(await signals()).not.toContain(name)
  })

  it('a deployment is refused, and nothing is left that would begin later', async () => {
    const request = { target, version: '1.0.0', draft: 'sha256:0', plan: plan() }
    await expect(tidegate.deploy(request)).rejects.toMatchObject({ code: 'worker.absent' })
    await expect(tidegate.temporal.workflow.getHandle(serviceWorkflowId(target)).describe()).rejects.toThrow()
  })

  it('a watch says so and goes on asking, until it is left', async () => {
    const left = new AbortController()
    const troubles: string[] = []
    const onTrouble = (error: { code: string }) => {
      troubles.push(error.code)
      left.abort()
    }
    for await (const _ of tidegate.watch(id, { signal: left.signal, onTrouble })) throw new Error('nothing can be seen')
    expect(troubles).toEqual(['worker.absent'])
  })
})

describe('where no server is', () => {
  it('says which address does not answer, within seconds', async () => {
    const began = Date.now()
    const closed = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => closed.once('listening', resolve))
    const { port } = closed.address() as { port: number }
    await new Promise((resolve) => closed.close(resolve))
    const connecting = connect({ address: `127.0.0.1:${port}` })
    await expect(connecting).rejects.toMatchObject({
      code: 'temporal.unreachable',
      message: expect.stringContaining(`${port}`),
    })
    expect(Date.now() - began).toBeLessThan(8_000)
  })

  it('says that a namespace is not there', async () => {
    const stranger = await connect({ address: server.address, namespace: 'elsewhere' })
    await expect(stranger.service(target)).rejects.toMatchObject({ code: 'temporal.denied' })
    await stranger.close()
  })

  it('tells a server that has gone from a worker that is absent', async () => {
    await server.kill()
    await expect(tidegate.state(id)).rejects.toMatchObject({ code: 'temporal.unreachable' })
  })
})
