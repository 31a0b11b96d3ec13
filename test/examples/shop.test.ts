import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'

const folder = join(import.meta.dirname, '../../examples/shop')
const running: ChildProcess[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

/** Starts a version of the shop as the agent does, and returns once it says where it listens. */
async function shop(version: string): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, ['server.mjs'], {
    cwd: folder,
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1', TIDEGATE_VERSION: version },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  running.push(child)
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /port (\d+)$/.exec(line)?.[1]
    if (port) return { url: `http://127.0.0.1:${port}`, child }
  }
  throw new Error(`shop ${version} ended before it listened`)
}

async function statuses(url: string, path: string, times: number): Promise<number[]> {
  const seen: number[] = []
  for (let i = 0; i < times; i++) {
    const response = await fetch(url + path)
    await response.arrayBuffer()
    seen.push(response.status)
  }
  return seen
}

test.each([
  ['1.0.0', 0],
  ['1.1.0', 0],
  ['1.2.0', 5],
  ['2.0.0', 0],
])('shop %s fails %i of 100 requests, and its health routes never', async (version, failures) => {
  const { url } = await shop(version)
  const seen = [...(await statuses(url, '/', 50)), ...(await statuses(url, '/products', 50))]
  expect(seen.filter((status) => status === 500)).toHaveLength(failures)
  expect(new Set([...(await statuses(url, '/healthz', 25)), ...(await statuses(url, '/readyz', 25))])).toEqual(
    new Set([200]),
  )
  expect(await (await fetch(url)).json()).toMatchObject({ version })
  expect((await fetch(`${url}/nothing`)).status).toBe(404)
})

test('asked to stop, the shop leaves at once although clients keep their connections', async () => {
  const { url, child } = await shop('1.1.0')
  expect(await statuses(url, '/', 3)).toEqual([200, 200, 200])
  const left = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await left).toEqual([0, null])
})
