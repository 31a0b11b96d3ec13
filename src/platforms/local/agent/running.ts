/** A service's process, whether this agent started it or found it running. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { FileHandle } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { Launch } from './environment.ts'
import { isSameProcess, signalGroup, startTimeOf } from './process-table.ts'

export interface Running {
  pid: number
  startedAt: string
  /** How it ended, in words. */
  exited: Promise<string>
}

/** A found process is not a child of ours, so nobody tells when it ends. */
const lookEveryMs = 200

/**
 * Starts a process in a group of its own, so that it and all that it starts can be signalled, and the agent's end
 * is not its end. @throws when it can't be started
 */
export async function launch(
  { file, args, env, cwd }: Launch,
  output: { stdout: FileHandle; stderr: FileHandle },
): Promise<Running> {
  const stdio = ['ignore' as const, output.stdout.fd, output.stderr.fd]
  const child = spawn(file, args, { cwd, env, detached: true, stdio })
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `ended by ${signal}`))
  })
  await once(child, 'spawn')
  child.unref()
  const { pid } = child
  if (pid === undefined) throw new Error(`${file} was started without a pid`)
  // A process that is over already has no start time any more, and needs none.
  return { pid, startedAt: (await startTimeOf(pid)) ?? 'over', exited }
}

/** A process that still runs from before; null when it doesn't. */
export async function find(pid: number, startedAt: string): Promise<Running | null> {
  if (!(await isSameProcess(pid, startedAt))) return null
  const gone = async () => {
    while (await isSameProcess(pid, startedAt)) await wait(lookEveryMs)
    return 'ended while it was not a child of this agent'
  }
  return { pid, startedAt, exited: gone() }
}

/** SIGTERM, and SIGKILL to the whole group when it has not ended after the grace period. */
export async function terminate(running: Running, graceMs: number): Promise<void> {
  signalGroup(running.pid, 'SIGTERM')
  const patience = new AbortController()
  const late = wait(graceMs, 'late', { signal: patience.signal, ref: false }).catch(() => 'over')
  const first = await Promise.race([running.exited, late])
  patience.abort()
  // What the process started and left behind goes with it.
  signalGroup(running.pid, 'SIGKILL')
  if (first === 'late') await running.exited
}
