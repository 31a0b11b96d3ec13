/** A Temporal server on any machine: one function, used by the quickstart and by the tests alike. */

import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { TidegateError } from '../src/errors.ts'
import { locked } from './lock.ts'
import { checkTemporal } from './temporal-binary.ts'
import { download, goInstall } from './temporal-fill.ts'
import { defaultCacheDir, type TemporalWay, temporalWays, type WayRow } from './temporal-ways.ts'

export interface ObtainOptions {
  /** Where obtained servers are kept; `defaultCacheDir()` where absent. */
  cacheDir?: string
  log: (line: string) => void
  env?: NodeJS.ProcessEnv
  /** The ways to try, in order; all where absent. */
  ways?: readonly WayRow[]
}

export interface ObtainedTemporal {
  /** The binary; it runs and is new enough. */
  path: string
  how: TemporalWay
  /** What it says of itself: `temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)`. */
  version: string
}

const binaryName = process.platform === 'win32' ? 'temporal.exe' : 'temporal'
const tempPrefix = 'temporal-build-'

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Folders that a build left that was killed. Called while holding the lock: nobody builds. */
async function sweep(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir))
    if (name.startsWith(tempPrefix)) await rm(join(cacheDir, name), { recursive: true, force: true })
}

/** Makes the binary in a temporary folder of the cache and moves it to its place in one step. */
async function fill(way: TemporalWay, cached: string, cacheDir: string, log: ObtainOptions['log']): Promise<string> {
  const lock = join(cacheDir, 'temporal.lock')
  const waiting = () => log('Another process is obtaining the Temporal server; waiting for it.')
  return locked(lock, waiting, async () => {
    // The process that was waited for has left one.
    if (await exists(cached)) {
      const usable = await checkTemporal(cached).catch(() => null)
      if (usable) return cached
    }
    await sweep(cacheDir)
    const temp = await mkdtemp(join(cacheDir, tempPrefix))
    try {
      const made = way === 'download' ? await download(temp, log) : await goInstall(temp, log)
      await chmod(made, 0o755)
      await checkTemporal(made)
      await rename(made, cached)
      return cached
    } finally {
      await rm(temp, { recursive: true, force: true })
    }
  })
}

/**
 * The path of a `temporal` binary that runs. Tries each way of `temporalWays`, says which it takes and how long that
 * will be. Throws `temporal.unobtainable` with every way that was tried and why it failed.
 */
export async function obtainTemporal(options: ObtainOptions): Promise<ObtainedTemporal> {
  const { log, env = process.env, ways = temporalWays } = options
  const cacheDir = options.cacheDir ?? defaultCacheDir(env)
  const cached = join(cacheDir, binaryName)
  const failed: string[] = []

  const locate = async ({ way }: WayRow): Promise<string> => {
    if (way === 'path') return binaryName
    if (way === 'environment') {
      if (!env.TIDEGATE_TEMPORAL_CLI) throw new Error('not set')
      return env.TIDEGATE_TEMPORAL_CLI
    }
    if (way === 'cache') {
      if (!(await exists(cached))) throw new Error('nothing there yet')
      return cached
    }
    await mkdir(cacheDir, { recursive: true })
    return fill(way, cached, cacheDir, log)
  }

  for (const row of ways) {
    if (row.fills) log(`Obtaining the Temporal server: ${row.title} (${row.takes}).`)
    const began = Date.now()
    try {
      const path = await locate(row)
      const version = await checkTemporal(path)
      if (row.fills) log(`Obtained in ${Math.round((Date.now() - began) / 1_000)} s, kept in ${cacheDir}.`)
      return { path, how: row.way, version }
    } catch (error) {
      const why = (error as Error).message
      if (row.fills) log(`  that did not work: ${why}`)
      failed.push(`${row.title}: ${why}`)
    }
  }
  throw new TidegateError('temporal.unobtainable', { detail: failed.join('; ') })
}
