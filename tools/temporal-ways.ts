/** The ways a Temporal server can be had, in the order in which they are tried. Pure data and pure functions. */

import { join, resolve } from 'node:path'

export type TemporalWay = 'environment' | 'path' | 'cache' | 'download' | 'go'

export interface WayRow {
  readonly way: TemporalWay
  /** What a person reads while it is tried, and in the list of what failed. */
  readonly title: string
  /** How long it takes, in words; empty when it takes no time. */
  readonly takes: string
  /** Whether the way makes a file in the cache (and is therefore tried by one process at a time). */
  readonly fills: boolean
}

/**
 * The newest release of the official CLI whose go.mod has no local `replace`: newer ones cannot be installed
 * through the Go module proxy.
 */
export const temporalModule = 'github.com/temporalio/cli/cmd/temporal@v1.5.1'

/** Worker deployments and update-with-start need it. */
export const oldestServer = '1.28.0'

export const temporalWays: readonly WayRow[] = [
  { way: 'environment', title: 'TIDEGATE_TEMPORAL_CLI', takes: '', fills: false },
  { way: 'path', title: '`temporal` on PATH', takes: '', fills: false },
  { way: 'cache', title: 'the cache', takes: '', fills: false },
  { way: 'download', title: "the Temporal SDK's download", takes: 'about half a minute', fills: true },
  { way: 'go', title: `go install ${temporalModule}`, takes: 'about 4 minutes, once', fills: true },
]

/**
 * Where obtained servers are kept: `TIDEGATE_CACHE`, or `cache` in the state directory (`TIDEGATE_HOME`, or
 * `.tidegate` in the working directory).
 */
export function defaultCacheDir(env: NodeJS.ProcessEnv = process.env, cwd = process.cwd()): string {
  return resolve(cwd, env.TIDEGATE_CACHE || join(env.TIDEGATE_HOME || '.tidegate', 'cache'))
}

/** The server's version in what `temporal --version` prints: `temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)`. */
export function serverVersion(printed: string): string | null {
  return /\bServer (\d+\.\d+\.\d+)/.exec(printed)?.[1] ?? null
}
