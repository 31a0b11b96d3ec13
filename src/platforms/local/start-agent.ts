import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { TidegateError } from '../../errors.ts'
import { readPlace } from './agent/place.ts'
import { startTimeOf } from './agent/process-table.ts'
import { AgentClient } from './agent-client.ts'

export interface StartAgentOptions {
  /** State directory: token, port, store, releases, logs, state. Made when it is not there. */
  dir: string
  /** How long to wait until it answers, in milliseconds. */
  timeoutMs?: number
}

export interface StartedAgent {
  address: string
  pid: number
  /** Whether this call started it, or found it running. */
  started: boolean
  /**
   * Ends the agent and waits until its process is gone. `leave` (the default) leaves the services running, for the
   * next agent to take over; `stop` drains and stops them first.
   */
  stop: (services?: 'leave' | 'stop') => Promise<void>
}

/** Makes sure that an agent runs for the directory. It is a process of its own and outlives this one. */
export async function startAgent({ dir, timeoutMs = 15_000 }: StartAgentOptions): Promise<StartedAgent> {
  const client = new AgentClient(dir)
  const running = await hello(client)
  const child = running ? null : await spawnAgent(dir)
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await hello(client)
    const place = await readPlace(dir)
    if (answer?.ready && place) {
      const { pid } = answer
      const started = child?.pid === pid
      if (child && !started) await seeOff(child)
      return { address: place.address, pid, started, stop: (services) => stopAgent(client, pid, services) }
    }
    if (Date.now() > deadline) {
      if (child) await seeOff(child)
      throw new TidegateError('agent.unreachable', { address: place?.address ?? dir }, { cause: await lastWords(dir) })
    }
    await wait(30)
  }
}

async function hello(client: AgentClient): Promise<{ pid: number; ready: boolean } | null> {
  try {
    const answer = await client.send({ method: 'GET', path: '/v1/hello', signal: AbortSignal.timeout(2_000) })
    return (await answer.body.json()) as { pid: number; ready: boolean }
  } catch {
    return null
  }
}

async function spawnAgent(dir: string): Promise<ChildProcess> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const here = fileURLToPath(import.meta.url)
  const main = join(here, '..', 'agent', `main${extname(here)}`)
  const log = await open(join(dir, 'agent.log'), 'a', 0o600)
  const child = spawn(process.execPath, [main, dir], { detached: true, stdio: ['ignore', log.fd, log.fd] })
  await once(child, 'spawn')
  child.unref()
  await log.close()
  return child
}

/** Another one was quicker. Left alone, ours would wait for the port and take it when that one ends. */
async function seeOff(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function stopAgent(client: AgentClient, pid: number, services: 'leave' | 'stop' = 'leave'): Promise<void> {
  await client.json(`/v1/shutdown?services=${services}`).catch((error: unknown) => {
    // Gone already is what was asked for.
    if (!(error instanceof TidegateError && error.code === 'agent.unreachable')) throw error
  })
  // By its start time and not by a signal: where nobody reaps it, a zombie stays and still takes signals.
  while ((await startTimeOf(pid)) !== null) await wait(20)
}

async function lastWords(dir: string): Promise<string> {
  const log = await readFile(join(dir, 'agent.log'), 'utf8').catch(() => '')
  return log.trim().split('\n').slice(-5).join('\n')
}
