/**
 * The agent's process: `main.ts <state directory>`. It outlives the worker, the CLI and Temporal.
 *
 * SIGTERM and SIGINT end the agent and leave the services running: the next agent of the directory takes them over.
 * `POST /v1/shutdown?services=stop` drains and stops them first, and so does the removal of the directory. Exit codes: 0 ended in order, 3 another agent
 * already runs for the directory, 1 anything else.
 */

import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { request } from 'undici'
import { LocalAgent } from './agent.ts'
import { createApi } from './api.ts'
import { portOf, replacePort, tokenOf } from './place.ts'
import { choosePort } from './ports.ts'

const [dir] = process.argv.slice(2)
if (dir === undefined) throw new Error('usage: main <state directory>')

const log = pino({ name: 'tidegate-agent' })
const token = await tokenOf(dir)
const ending = new AbortController()
let port = await portOf(dir, choosePort)

const agent = new LocalAgent(dir, log)
const server = createApi({ agent, token, log, shutDown: (services) => void end(services) })

/** Whether it is an agent of this directory that has the port. */
async function taken(): Promise<boolean> {
  try {
    const headers = { authorization: `Bearer ${token}` }
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/v1/hello`, {
      headers,
      signal: AbortSignal.timeout(2_000),
    })
    await body.dump()
    return statusCode === 200
  } catch {
    return false
  }
}

async function listen(): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      if (await taken()) {
        log.info('another agent already runs for this directory')
        process.exit(3)
      }
      if (attempt === 20) {
        port = await choosePort()
        await replacePort(dir as string, port)
      }
      await wait(100)
    }
  }
}

async function end(services: 'leave' | 'stop'): Promise<void> {
  if (ending.signal.aborted) return
  ending.abort()
  log.info({ services }, 'ending')
  if (services === 'stop') await agent.stopServices()
  server.close()
  server.closeAllConnections()
  process.exit(0)
}

process.on('SIGTERM', () => void end('leave'))
process.on('SIGINT', () => void end('leave'))
process.on('SIGHUP', () => {})

// The port first: from here on this process is the one that may touch the directory's services.
await listen()
await agent.open()
log.info({ port, pid: process.pid }, 'ready')
await agent.tend(ending.signal)
await end('stop')
