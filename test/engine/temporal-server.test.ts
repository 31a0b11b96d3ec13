import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTemporal } from '../../tools/temporal.ts'
import { temporalCli } from '../setup/temporal.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidegate-server-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function within(ms: number, condition: () => boolean): Promise<boolean> {
  const until = Date.now() + ms
  while (!condition() && Date.now() < until) await new Promise((next) => setTimeout(next, 20))
  return condition()
}

async function signal(address: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const connection = await Connection.connect({ address })
  await work(new Client({ connection }))
  await connection.close()
}

test('a server that is killed goes on at the same address with the same data', async () => {
  const options = { path: temporalCli(), dir, dbFile: 'temporal.db' }
  const first = await startTemporal(options)
  await signal(first.address, (client) =>
    client.workflow.start('nobody', { taskQueue: 'none', workflowId: 'kept', args: [] }),
  )
  expect((await fetch(first.uiAddress)).status).toBe(200)
  await first.kill()
  expect(alive(first.pid)).toBe(false)

  const second = await startTemporal({ ...options, ports: first.ports })
  expect(second.address).toBe(first.address)
  await signal(second.address, async (client) => {
    expect((await client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING')
  })
  await second.stop()
  expect(alive(second.pid)).toBe(false)
})

test('a server ends with the process that started it, even when that is killed', async () => {
  const code = `
    const { startTemporal } = await import(${JSON.stringify(new URL('../../tools/temporal.ts', import.meta.url).href)})
    const { pid } = await startTemporal({ path: ${JSON.stringify(temporalCli())}, dir: ${JSON.stringify(join(dir, 'owned'))} })
    console.log(pid)
    setInterval(() => {}, 1000)`
  const owner = execa(process.execPath, ['--input-type=module', '-e', code], { reject: false })
  const [line] = await once(owner.stdout, 'data')
  const pid = Number(line)
  expect(alive(pid)).toBe(true)
  owner.kill('SIGKILL')
  await owner
  expect(await within(10_000, () => !alive(pid))).toBe(true)
})

test('a server that cannot start says what it said', async () => {
  const error = await startTemporal({ path: temporalCli(), dir: join(dir, 'bad'), dbFile: '/nowhere/at/all.db' }).catch(
    (e) => e,
  )
  expect(error).toMatchObject({ code: 'temporal.unstartable' })
  expect(error.message).toMatch(/nowhere/)
})
