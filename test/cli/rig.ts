/** The command line as a child process; and a folder as a user has it, with an agent and a worker of its own. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Options as ExecaOptions, execa } from 'execa'
import pino from 'pino'
import { stringify } from 'yaml'
import { connect, type DeploymentState, prepareDeploy, type ServiceState } from '../../src/client/index.ts'
import { removeTree } from '../../src/platforms/local/agent/releases.ts'
import { createLocalPlatform } from '../../src/platforms/local/platform.ts'
import { startAgent } from '../../src/platforms/local/start-agent.ts'
import { loadConfig, loadSpec, resolve as resolveSpec, type Target } from '../../src/spec/index.ts'
import { startWorker } from '../../worker/index.ts'
import { bundlePath, temporalAddress, unique } from '../setup/temporal.ts'

const main = resolve('src/cli/main.ts')

export interface Ran {
  code: number | undefined
  stdout: string
  stderr: string
  /** The last line of standard output, as JSON. */
  last<T = Record<string, unknown>>(): T
}

/** Starts `tidegate` in a folder, with nothing of this process's environment that it would heed. */
export function start(cwd: string, args: string[], env: Record<string, string> = {}, options: ExecaOptions = {}) {
  const { PATH, HOME, TMPDIR } = process.env
  return execa(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    cwd,
    env: { PATH, HOME, TMPDIR, TIDEGATE_BY: 'anna', ...env },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    ...options,
  })
}

/** The same on a terminal of its own, by script(1): what is written to its input is typed. */
export function startOnTerminal(cwd: string, args: string[], env: Record<string, string>) {
  const { PATH, HOME, TMPDIR } = process.env
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', main, ...args]
  // A terminal that nobody looks at has no size, and nothing would be drawn on it.
  const sized = `stty rows 40 columns 100; exec ${command.map((word) => `'${word}'`).join(' ')}`
  const typescript =
    process.platform === 'darwin' ? ['-q', '/dev/null', 'sh', '-c', sized] : ['-qec', sized, '/dev/null']
  return execa('script', typescript, {
    cwd,
    env: { PATH, HOME, TMPDIR, TERM: 'xterm', TIDEGATE_BY: 'anna', ...env },
    extendEnv: false,
    stdin: 'pipe',
    reject: false,
  })
}

export async function tidegate(cwd: string, args: string[], env?: Record<string, string>): Promise<Ran> {
  const { exitCode, stdout, stderr } = await start(cwd, args, env)
  const text = String(stdout)
  return {
    code: exitCode,
    stdout: text,
    stderr: String(stderr),
    last: <T>() => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as T,
  }
}

/** An empty folder, and how it is removed. */
export async function folder(files: Record<string, string> = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-cli-'))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(dir, name, '..'), { recursive: true })
    await writeFile(join(dir, name), text)
  }
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) }
}

/** Answers with its version; those whose version ends in `-bad` end at once. */
const server = `import { createServer } from 'node:http'
const version = process.env.TIDEGATE_VERSION
console.log('this is ' + version)
if (version.endsWith('-bad')) process.exit(1)
const server = createServer((_, response) => response.end(version))
server.listen(process.env.PORT, process.env.HOST)
process.once('SIGTERM', () => server.close(() => process.exit(0)))
`

/** A user's folder at a location of its own on the run's Temporal server. */
export async function startPlace() {
  const location = unique('at')
  const { dir } = await folder({
    'app/server.mjs': server,
    'tidegate.config.yaml': stringify({ locations: { [location]: { platform: 'local', agent: './agent' } } }),
  })
  const agentDir = join(dir, 'agent')
  const agent = await startAgent({ dir: agentDir })
  const platform = createLocalPlatform({ dir: agentDir })
  const worker = await startWorker({
    connection: { address: temporalAddress() },
    location,
    platform,
    cacheDir: join(dir, 'cache'),
    log: pino({ level: 'silent' }),
    workflowBundle: bundlePath(),
  })
  const env = { TEMPORAL_ADDRESS: temporalAddress() }
  const client = await connect({ address: temporalAddress() })
  const target = (service: string): Target => ({ service, environment: 'development', location })
  const place = {
    dir,
    client,
    target,
    /** Writes the spec of a new service, and returns its name. */
    async service(parts: Record<string, unknown> = {}): Promise<string> {
      const service = unique('shop')
      const usual = { version: '1.0.0', artifact: './app', command: 'node server.mjs', port: 8080, ready: '/', bake: 0 }
      await writeFile(join(dir, `${service}.yaml`), stringify({ service, ...usual, ...parts }))
      return service
    },
    /** The same with a version that is active already. Not by the command line: that is slower, and not the question. */
    async deployed(parts: Record<string, unknown> = {}, version = '1.0.0'): Promise<string> {
      const service = await place.service(parts)
      await place.deploy(service, version)
      return service
    },
    async deploy(service: string, version: string): Promise<void> {
      const [spec, config] = await Promise.all([
        loadSpec({ file: `${service}.yaml`, cwd: dir }),
        loadConfig({ cwd: dir }),
      ])
      const resolved = resolveSpec({ spec, config, overrides: { version }, platform })
      const { deployment } = await client.deploy(await prepareDeploy(resolved, platform.store))
      const { status, outcome } = await client.result(deployment)
      if (status !== 'active') throw new Error(`${deployment} is ${status}: ${outcome}`)
    },
    /** Until the service's memory says so. */
    async until(service: string, isSo: (state: ServiceState) => boolean): Promise<void> {
      const deadline = Date.now() + 20_000
      for (;;) {
        const state = await client.service(target(service))
        if (isSo(state)) return
        if (Date.now() > deadline) throw new Error(`not so: ${JSON.stringify(state)}`)
        await wait(50)
      }
    },
    /** Until the deployment that runs shows a gate. */
    async atGate(service: string): Promise<DeploymentState> {
      const deadline = Date.now() + 20_000
      for (;;) {
        const id = await client.deploymentOf(target(service)).catch(() => null)
        const state = id === null ? null : await client.state(id).catch(() => null)
        if (state?.gate ?? state?.progress?.gate) return state
        if (Date.now() > deadline) throw new Error(`no gate: ${JSON.stringify(state)}`)
        await wait(50)
      }
    },
    tidegate: (...args: string[]) => tidegate(dir, args, env),
    start: (...args: string[]) => start(dir, args, env),
    startOnTerminal: (...args: string[]) => startOnTerminal(dir, args, env),
    async close() {
      await client.close()
      await worker.shutdown()
      await agent.stop('stop')
      await removeTree(dir)
    },
  }
  return place
}

export type Place = Awaited<ReturnType<typeof startPlace>>
