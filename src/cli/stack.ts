/** The embedded stack: Temporal, the local platform's agent and a worker, each a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import writeFileAtomic from 'write-file-atomic'
import { obtainTemporal, startTemporal } from '../../tools/temporal.ts'
import { TidegateError } from '../errors.ts'
import { isRunning, readStack, type StackFile, stackFile } from '../home.ts'
import { startAgent } from '../platforms/local/start-agent.ts'

export interface StackOptions {
  /** State directory; absolute. */
  home: string
  log: (line: string) => void
  /** Go on running when this process ends. */
  outlive?: boolean
  /** Where obtained servers are kept; the usual place where absent. */
  cacheDir?: string
}

export interface Stack extends StackFile {
  home: string
  agentDir: string
  /** Ends worker, Temporal and agent, in this order; services are stopped too unless they are to be left. */
  stop(services?: 'stop' | 'leave'): Promise<void>
}

const workerDeadline = 60_000
const stopDeadline = 10_000

/** Obtains what is missing, says so, and starts everything. */
export async function startStack({ home, log, outlive = false, cacheDir }: StackOptions): Promise<Stack> {
  await mkdir(home, { recursive: true })
  const { path } = await obtainTemporal({ log, cacheDir })
  const agentDir = join(home, 'agent')
  const temporalDir = join(home, 'temporal')
  const temporal = await startTemporal({ path, dir: temporalDir, dbFile: 'temporal.db', outlive })
  const agent = await startAgent({ dir: agentDir })
  const worker = await startWorkerProcess(home, temporal.address, outlive)
  const pids = { temporal: temporal.pid, worker: worker.pid ?? 0, agent: agent.pid }
  const facts: StackFile = {
    temporalAddress: temporal.address,
    uiAddress: temporal.uiAddress,
    agentAddress: agent.address,
    pids,
  }
  await writeFileAtomic(stackFile(home), `${JSON.stringify(facts, null, 2)}\n`)
  return {
    ...facts,
    home,
    agentDir,
    async stop(services = 'stop') {
      await end(pids.worker)
      await temporal.stop()
      await agent.stop(services)
      await rm(stackFile(home), { force: true })
    },
  }
}

/** Ends a stack that another process started and left running; false where there is none. */
export async function stopStack(home: string): Promise<boolean> {
  const facts = await readStack(home)
  if (!facts) return false
  await end(facts.pids.worker)
  await end(facts.pids.temporal)
  const agent = await startAgent({ dir: join(home, 'agent') })
  await agent.stop('stop')
  await rm(stackFile(home), { force: true })
  return true
}

/** The worker as a process of its own, so that its end is nobody else's. Waits until it polls. */
export async function startWorkerProcess(home: string, address: string, outlive: boolean): Promise<ChildProcess> {
  const here = fileURLToPath(import.meta.url)
  const main = join(here, '..', '..', '..', 'worker', `main${extname(here)}`)
  const logFile = join(home, 'worker.log')
  const output = await open(logFile, 'a', 0o600)
  const owned = outlive ? {} : { TIDEGATE_ENDS_WITH_OWNER: '1' }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    // A process group of its own: a Ctrl-C in the terminal reaches the stack's owner, who ends it in order.
    detached: true,
    stdio: ['ignore', output.fd, output.fd, 'ipc'],
    env: { ...process.env, TEMPORAL_ADDRESS: address, TIDEGATE_HOME: home, ...owned },
  })
  await output.close()
  const ready = once(child, 'message').then(() => true)
  const gone = once(child, 'exit').then(() => false)
  const late = wait(workerDeadline, false, { ref: false })
  if (!(await Promise.race([ready, gone, late]))) {
    if (child.pid !== undefined) await end(child.pid)
    throw new TidegateError('worker.unstartable', { log: logFile, detail: await lastLines(logFile) })
  }
  // The channel that is left tells the worker when its owner is gone, however that ended.
  if (outlive) child.disconnect()
  else child.channel?.unref()
  child.unref()
  return child
}

async function lastLines(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).trim().split('\n').slice(-3).join('\n')
}

/** SIGTERM, then SIGKILL; fulfilled when the process is gone. */
async function end(pid: number): Promise<void> {
  if (pid <= 0 || !isRunning(pid)) return
  process.kill(pid, 'SIGTERM')
  const deadline = Date.now() + stopDeadline
  while (isRunning(pid)) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL')
    await wait(30)
  }
}
