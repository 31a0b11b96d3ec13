/** A lock file between processes. It is kept fresh while held, so one that is left by a dead process is taken over. */

import { mkdir, open, rm, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const freshEvery = 2_000
const staleAfter = 15_000

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    await file.writeFile(`${process.pid}\n`)
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Milliseconds since the holder last showed life; null when the lock is gone. */
async function ageOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null)
  return found ? Date.now() - found.mtimeMs : null
}

/**
 * Runs `work` while holding the lock file `path`; `waiting` is told once when another process holds it.
 * What is done under it must still be atomic by itself: a holder that was stopped for longer than 15 s loses it.
 */
export async function locked<T>(path: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true })
  for (let told = false; !(await take(path)); ) {
    const age = await ageOf(path)
    if (age !== null && age > staleAfter) {
      await rm(path, { force: true })
      continue
    }
    if (!told) waiting()
    told = true
    await wait(250)
  }
  const freshen = setInterval(() => utimes(path, new Date(), new Date()).catch(() => {}), freshEvery)
  try {
    return await work()
  } finally {
    clearInterval(freshen)
    await rm(path, { force: true })
  }
}
