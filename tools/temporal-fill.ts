/** The two ways that make a `temporal` binary. Each works in a temporary folder beside where the binary will be. */

import { mkdir, readdir, stat } from 'node:fs/promises'
import { homedir, platform } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { reasonOf } from './temporal-binary.ts'
import { temporalModule } from './temporal-ways.ts'

type Log = (line: string) => void

const noFirstByteAfter = 20_000
const downloadAtMost = 5 * 60_000
const buildAtMost = 40 * 60_000
const tellEvery = 15_000

/** Bytes in a folder, not counting folders below it. */
async function bytesIn(dir: string): Promise<number> {
  const files = await readdir(dir).catch(() => [])
  const sizes = await Promise.all(
    files.map((f) =>
      stat(join(dir, f)).then(
        (s) => s.size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((a, b) => a + b, 0)
}

/** Has the SDK download the server. Gives up when no byte has come after 20 s, and after five minutes. */
export async function download(temp: string, log: Log): Promise<string> {
  const dir = join(temp, 'download')
  await mkdir(dir, { recursive: true })
  const own = import.meta.url
  const script = fileURLToPath(new URL(`./temporal-download${own.endsWith('.ts') ? '.ts' : '.js'}`, own))
  const child = execa(process.execPath, [script, dir], {
    reject: false,
    timeout: downloadAtMost,
    forceKillAfterDelay: 1_000,
    stdin: 'ignore',
    stdout: 'ignore',
  })
  let hung = false
  const first = setTimeout(async () => {
    if ((await bytesIn(dir)) > 0) return
    hung = true
    child.kill('SIGKILL')
  }, noFirstByteAfter)
  const tell = setInterval(async () => log(`  … ${Math.round((await bytesIn(dir)) / 1e6)} MB downloaded`), tellEvery)
  const run = await child
  clearTimeout(first)
  clearInterval(tell)
  if (hung) throw new Error(`nothing came within ${noFirstByteAfter / 1_000} s`)
  if (run.failed) throw new Error(reasonOf(run))
  const [file] = (await readdir(dir)).filter((name) => !name.endsWith('.downloading'))
  if (!file) throw new Error('the SDK left no file')
  return join(dir, file)
}

/**
 * The environment for Go: everything that it writes goes below `temp`, and everything that the person set
 * (proxy, flags, checksum database, credentials) still counts.
 */
export function goEnvironment(env: NodeJS.ProcessEnv, temp: string, toolchain: string): NodeJS.ProcessEnv {
  const to = (name: string) => join(temp, name)
  const own = {
    GOBIN: to('bin'),
    GOPATH: to('path'),
    GOMODCACHE: to('mod'),
    GOCACHE: to('build'),
    GOTMPDIR: to('tmp'),
    GOTOOLCHAIN: toolchain,
    GOWORK: 'off',
    GOOS: undefined,
    GOARCH: undefined,
    // Pure Go: needs no C compiler.
    CGO_ENABLED: '0',
  }
  // Go's telemetry counters are written to the configuration folder, where its settings are read from as well.
  if (platform() === 'win32' || platform() === 'darwin') return { ...env, ...own }
  const config = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config')
  return { ...env, GOENV: env.GOENV || join(config, 'go', 'env'), XDG_CONFIG_HOME: to('config'), ...own }
}

async function build(temp: string, toolchain: string, log: Log) {
  const env = goEnvironment(process.env, temp, toolchain)
  for (const dir of ['bin', 'tmp', 'config']) await mkdir(join(temp, dir), { recursive: true })
  const began = Date.now()
  let modules = 0
  let packages = 0
  const child = execa(
    'go',
    ['install', '-v', '-modcacherw', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', temporalModule],
    { cwd: temp, env, extendEnv: false, reject: false, timeout: buildAtMost, stdin: 'ignore', stdout: 'ignore' },
  )
  const tell = setInterval(
    () =>
      log(
        `  … ${Math.round((Date.now() - began) / 1_000)} s: ${modules} modules fetched, ${packages} packages compiled`,
      ),
    tellEvery,
  )
  const last: string[] = []
  for await (const line of child.iterable({ from: 'stderr' })) {
    if (line.startsWith('go: downloading')) modules++
    else if (/^[\w.-]+(\/\S+)*$/.test(line)) packages++
    else last.push(line)
  }
  const run = await child
  clearInterval(tell)
  return { run, said: last.slice(-3).join(' ') }
}

/** Builds the official CLI from the Go module proxy: about 4 minutes, 2 GB in `temp` until it is removed. */
export async function goInstall(temp: string, log: Log): Promise<string> {
  let { run, said } = await build(temp, 'local', log)
  // A Go that is too old for the module fetches a newer one, if it may.
  if (run.failed && /requires go|toolchain/.test(said)) ({ run, said } = await build(temp, 'auto', log))
  if (run.failed) throw new Error(run.code === 'ENOENT' ? 'there is no `go` on PATH' : said || reasonOf(run))
  return join(temp, 'bin', process.platform === 'win32' ? 'temporal.exe' : 'temporal')
}
