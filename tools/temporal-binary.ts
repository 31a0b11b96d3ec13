/** Whether a `temporal` binary runs, and is new enough. */

import { execa } from 'execa'
import { gte } from 'semver'
import { oldestServer, serverVersion } from './temporal-ways.ts'

/** The version line of a binary that can be used. Throws an `Error` that says why it can't be. */
export async function checkTemporal(path: string): Promise<string> {
  const run = await execa(path, ['--version'], { reject: false, timeout: 20_000, stdin: 'ignore' })
  if (run.failed) throw new Error(reasonOf(run))
  const server = serverVersion(run.stdout)
  if (!server) throw new Error(`it prints no server version: ${JSON.stringify(run.stdout.slice(0, 100))}`)
  if (!gte(server, oldestServer)) throw new Error(`its server is ${server}, older than ${oldestServer}`)
  return run.stdout.trim()
}

/** One line of why a command failed. */
export function reasonOf(run: {
  code?: string | undefined
  exitCode?: number | undefined
  signal?: string | undefined
  timedOut?: boolean
  stderr?: unknown
}): string {
  if (run.timedOut) return 'it took too long'
  if (run.code === 'ENOENT') return 'not found'
  if (run.code && run.exitCode === undefined) return run.code
  const said = String(run.stderr ?? '')
    .trim()
    .split('\n')
    .at(-1)
  return [run.signal ? `ended by ${run.signal}` : `exit code ${run.exitCode}`, said].filter(Boolean).join(': ')
}
