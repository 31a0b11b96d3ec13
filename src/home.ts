/** The state directory, and the embedded stack that runs for it. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** `.tidegate` in the working directory; TIDEGATE_HOME says otherwise. Absolute. */
export const homeDirectory = (): string => resolve(process.env.TIDEGATE_HOME ?? '.tidegate')

/** What `stack.json` says of a stack that runs. */
export interface StackFile {
  temporalAddress: string
  uiAddress: string
  agentAddress: string
  pids: { temporal: number; worker: number; agent: number }
}

export const stackFile = (home: string): string => join(home, 'stack.json')

/** The stack of a state directory, or null where none runs. */
export async function readStack(home: string = homeDirectory()): Promise<StackFile | null> {
  const text = await readFile(stackFile(home), 'utf8').catch(() => null)
  if (text === null) return null
  const facts = JSON.parse(text) as StackFile
  return isRunning(facts.pids.temporal) ? facts : null
}

/** Whether a process of this machine still runs. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
