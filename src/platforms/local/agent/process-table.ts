/** Processes as the system knows them: a pid alone may have come to mean another process. */

import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const linux = process.platform === 'linux'

/** When the process started, as the system tells it; null when there is none, or only its zombie. */
export async function startTimeOf(pid: number): Promise<string | null> {
  return linux ? startTimeFromProc(pid) : startTimeFromPs(pid)
}

/** Whether the process of that pid is the one that started then. */
export async function isSameProcess(pid: number, startedAt: string): Promise<boolean> {
  return (await startTimeOf(pid)) === startedAt
}

/** Pid of the leader of a group whose environment has `TIDEGATE_INSTANCE=<marker>`, or null. */
export async function findMarked(marker: string): Promise<number | null> {
  const wanted = `TIDEGATE_INSTANCE=${marker}`
  return linux ? findInProc(wanted) : findInPs(wanted)
}

/** Signals a whole process group; false when there is none (any more). */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}

// proc(5): the name in parentheses may hold anything; after it, field 3 is the state and field 22 the start time.
async function startTimeFromProc(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return null
  return fields[19] ?? null
}

async function startTimeFromPs(pid: number): Promise<string | null> {
  const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }))
  const [state, ...started] = stdout.trim().split(/\s+/)
  return !state || state.startsWith('Z') ? null : started.join(' ')
}

async function findInProc(wanted: string): Promise<number | null> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (!environment.split('\0').includes(wanted)) continue
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    // Its own children carry the marker too: the leader is the one whose group (field 5) is itself.
    if (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2] === pid) return Number(pid)
  }
  return null
}

async function findInPs(wanted: string): Promise<number | null> {
  const { stdout } = await run('ps', ['-axww', '-E', '-o', 'pid=,pgid=,command='], { maxBuffer: 1 << 26 })
  for (const line of stdout.split('\n')) {
    const [pid, group] = line.trim().split(/\s+/)
    if (pid !== undefined && pid === group && line.includes(wanted)) return Number(pid)
  }
  return null
}
