/** A Temporal development server as a child process: started, stopped, killed, and started again on the same data. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Connection } from '@temporalio/client'
import { TidegateError } from '../src/errors.ts'
import { searchAttributeNames } from '../src/workflows/messages.ts'
import { freePorts } from './ports.ts'

export interface TemporalPorts {
  grpc: number
  ui: number
}

export interface StartOptions {
  /** The binary: see `obtainTemporal`. */
  path: string
  /** For the log, and the database where `dbFile` is relative or `'temporal.db'`. The working directory where absent. */
  dir?: string
  /** The database's file; in memory where absent, so nothing survives the server. */
  dbFile?: string
  /** Free ones where absent. Give those of a stopped server to start it again at the same address. */
  ports?: TemporalPorts
  log?: (line: string) => void
  /** Names of keyword search attributes to register; Tidegate's where absent. */
  searchAttributes?: readonly string[]
  /** Go on running when this process ends; otherwise the server ends with it, even if this process is killed. */
  outlive?: boolean
  /** How long it may take to serve, in ms. */
  deadline?: number
}

export interface RunningTemporal {
  /** host:port of gRPC. */
  address: string
  uiAddress: string
  ports: TemporalPorts
  pid: number
  logFile: string
  /** SIGTERM, after five seconds SIGKILL; resolves when the process is gone. */
  stop(): Promise<void>
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
}

const stopGrace = 5_000

/**
 * Everything but the settings of a client, which must not reach the server; and `dir` as its home, since it writes
 * what it learns of newer versions there.
 */
function serverEnvironment(dir: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_') && !name.startsWith('XDG_'))
  return { ...Object.fromEntries(kept), HOME: dir, USERPROFILE: dir, APPDATA: dir }
}

function launch(options: StartOptions, ports: TemporalPorts, logFile: string) {
  const { path, dbFile, searchAttributes = Object.values(searchAttributeNames) } = options
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', `${ports.grpc}`, '--ui-port', `${ports.ui}`]
  args.push('--log-level', 'warn')
  if (dbFile) args.push('--db-filename', resolve(options.dir ?? '.', dbFile))
  for (const name of searchAttributes) args.push('--search-attribute', `${name}=Keyword`)
  const output = openSync(logFile, 'a')
  // A process group of its own: a Ctrl-C in the terminal reaches its owner, who stops it in order.
  const child = spawn(path, args, {
    detached: true,
    stdio: ['ignore', output, output],
    env: serverEnvironment(resolve(options.dir ?? '.')),
  })
  closeSync(output)
  return child
}

/** Ends the server when this process is gone, however it ended: the pipe closes, `read` returns. */
function guard(pid: number): () => void {
  if (process.platform === 'win32') return () => {}
  const shell = spawn('sh', ['-c', 'read _; kill -TERM "$1"', 'guard', `${pid}`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.on('error', () => {})
  shell.unref()
  ;(shell.stdin as unknown as { unref?: () => void } | null)?.unref?.()
  return () => {
    shell.kill('SIGKILL')
  }
}

/** Whether the server takes work: the default namespace and the search attributes are there. */
async function serves(address: string, attributes: readonly string[]): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 }).catch(() => null)
  if (!connection) return false
  try {
    await connection.workflowService.describeNamespace({ namespace: 'default' })
    const known = await connection.operatorService.listSearchAttributes({ namespace: 'default' })
    return attributes.every((name) => name in (known.customAttributes ?? {}))
  } catch {
    return false
  } finally {
    await connection.close()
  }
}

/** Starts a server and waits until it serves. Throws `temporal.unstartable` with the end of its log. */
export async function startTemporal(options: StartOptions): Promise<RunningTemporal> {
  const dir = resolve(options.dir ?? '.')
  const attributes = options.searchAttributes ?? Object.values(searchAttributeNames)
  mkdirSync(dir, { recursive: true })
  const logFile = join(dir, 'temporal.log')

  // A free port can be taken by somebody else before the server has it: then others are tried.
  for (let attempt = 1; ; attempt++) {
    const [grpc, ui] = options.ports ? [options.ports.grpc, options.ports.ui] : await freePorts(2)
    const ports = { grpc, ui } as TemporalPorts
    const address = `127.0.0.1:${ports.grpc}`
    const child = launch(options, ports, logFile)
    const gone = once(child, 'exit').then(
      () => {},
      () => {},
    )
    let failure: Error | null = null
    child.once('error', (error) => {
      failure = error
    })
    const running = () => child.exitCode === null && child.signalCode === null && !failure

    const until = Date.now() + (options.deadline ?? 60_000)
    let up = false
    while (running() && !up && Date.now() < until) {
      up = await serves(address, attributes)
      if (!up) await wait(50)
    }
    if (!up || child.pid === undefined) {
      if (running()) child.kill('SIGKILL')
      const said = failure ? String(failure) : readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join('\n')
      if (!options.ports && attempt < 3 && /address already in use/.test(said)) continue
      throw new TidegateError('temporal.unstartable', { path: options.path, detail: said, log: logFile })
    }

    const release = options.outlive ? () => {} : guard(child.pid)
    void gone.then(release)
    child.unref()
    const end = async (signal: NodeJS.Signals) => {
      if (!running()) return
      child.ref()
      child.kill(signal)
      const late = setTimeout(() => child.kill('SIGKILL'), stopGrace)
      await gone
      clearTimeout(late)
    }
    options.log?.(`Temporal serves at ${address}, its Web UI at http://127.0.0.1:${ports.ui}`)
    return {
      address,
      uiAddress: `http://127.0.0.1:${ports.ui}`,
      ports,
      pid: child.pid,
      logFile,
      stop: () => end('SIGTERM'),
      kill: () => end('SIGKILL'),
    }
  }
}
