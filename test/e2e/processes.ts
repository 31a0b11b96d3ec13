/** Processes of this machine as the machine itself tells of them: what is left is found without asking Tidegate. */
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'

export interface FoundProcess {
  pid: number
  command: string
  environment: Record<string, string>
}

/** All that can be read; zombies and other people's are not among them. */
export async function processes(): Promise<FoundProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map(readProcess))
  return found.filter((one) => one !== null)
}

/** Service instances of a stack's home that run, by their environment. */
export async function instancesOf(home: string, service: string, version?: string): Promise<FoundProcess[]> {
  const all = await processes()
  return all.filter(
    ({ environment: { TIDEGATE_SERVICE, TIDEGATE_VERSION, TMPDIR } }) =>
      TIDEGATE_SERVICE === service &&
      (version === undefined || TIDEGATE_VERSION === version) &&
      TMPDIR?.startsWith(home),
  )
}

/** SIGKILL to a process that this run started; fulfilled when it is gone. */
export async function endNow(pid: number | undefined): Promise<void> {
  if (pid === undefined || !(await readProcess(pid))) return
  process.kill(pid, 'SIGKILL')
  while (await readProcess(pid)) await wait(10)
}

async function readProcess(pid: number): Promise<FoundProcess | null> {
  try {
    const [command, environ, stat] = await Promise.all(
      ['cmdline', 'environ', 'stat'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')),
    )
    const state = stat?.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
    if (state === 'Z' || state === 'X') return null
    const pairs = (environ ?? '').split('\0').map((pair): [string, string] => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1)]
    })
    return { pid, command: (command ?? '').replaceAll('\0', ' ').trim(), environment: Object.fromEntries(pairs) }
  } catch {
    return null
  }
}
