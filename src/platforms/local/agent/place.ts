/** What an agent leaves in its folder so that others find it: its token and its port. */

import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'

export interface Place {
  address: string
  token: string
}

/** Where the agent of this folder answers; null when none ever ran there. */
export async function readPlace(dir: string): Promise<Place | null> {
  const port = await readFile(join(dir, 'port'), 'utf8').catch(() => null)
  const token = await readFile(join(dir, 'token'), 'utf8').catch(() => null)
  return port === null || token === null ? null : { address: `http://127.0.0.1:${port.trim()}`, token: token.trim() }
}

/** The folder's token, made when there is none; two that make it at once get the same. */
export async function tokenOf(dir: string): Promise<string> {
  return onceWritten(dir, 'token', async () => randomBytes(32).toString('base64url'))
}

/**
 * The folder's port, chosen once. Listening on it is what makes a process the agent of the folder: the system lets
 * only one, and takes it back when that one dies.
 */
export async function portOf(dir: string, choose: () => Promise<number>): Promise<number> {
  return Number(await onceWritten(dir, 'port', async () => String(await choose())))
}

/** Another program has the port for good. */
export async function replacePort(dir: string, port: number): Promise<void> {
  await writeFileAtomic(join(dir, 'port'), String(port), { mode: 0o600 })
}

async function onceWritten(dir: string, name: string, make: () => Promise<string>): Promise<string> {
  const path = join(dir, name)
  const there = await readFile(path, 'utf8').catch(() => null)
  if (there !== null) return there.trim()
  const temporary = `${path}.${randomBytes(4).toString('hex')}`
  await writeFile(temporary, await make(), { mode: 0o600, flush: true })
  try {
    // Fails when another process was quicker; unlike a rename, which would replace what others have read already.
    await link(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(temporary)
  }
  return (await readFile(path, 'utf8')).trim()
}
