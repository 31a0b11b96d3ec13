/** The state directory, and what `tidegate dev` leaves in it so that other commands find its servers. */
import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import writeFileAtomic from 'write-file-atomic'

/** `.tidegate` in the working directory; TIDEGATE_HOME says otherwise. Absolute. */
export const homeDirectory = (): string => resolve(process.env.TIDEGATE_HOME ?? '.tidegate')

/** The embedded stack that runs for a state directory. */
export interface EmbeddedStack {
  /** Of the process that keeps it. */
  pid: number
  /** host:port of Temporal. */
  temporal: string
  /** Temporal's Web UI. */
  ui: string
}

const file = (home: string) => join(home, 'dev.json')

/** The stack that runs for the directory, or null. */
export async function findStack(home: string = homeDirectory()): Promise<EmbeddedStack | null> {
  const text = await readFile(file(home), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    const stack = JSON.parse(text) as EmbeddedStack
    return isRunning(stack.pid) ? stack : null
  } catch {
    return null
  }
}

/** Makes it known; the returned function takes that back. */
export async function announceStack(
  stack: EmbeddedStack,
  home: string = homeDirectory(),
): Promise<() => Promise<void>> {
  await writeFileAtomic(file(home), `${JSON.stringify(stack)}\n`)
  return () => rm(file(home), { force: true })
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
