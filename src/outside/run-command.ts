import { execa } from 'execa'
import { redacted } from './redact.ts'

export interface CommandOptions {
  /** Milliseconds until it and all that it started are killed. */
  timeoutMs: number
  /** Added to the environment of this process. */
  env?: Record<string, string>
  signal?: AbortSignal
}

export interface CommandResult {
  ok: boolean
  /** One line for people: how it ended and the end of what it said, without secrets. */
  detail: string
  timedOut: boolean
}

/** How much of the end of a command's output is kept (bytes). */
const keptOutput = 4096

/**
 * Runs a command without a shell, in a process group of its own, so that a time-out or a cancellation ends what it
 * started too. The engine's own credentials are not in its environment.
 * @throws the signal's reason when that aborts
 */
export async function runCommand(command: readonly string[], options: CommandOptions): Promise<CommandResult> {
  options.signal?.throwIfAborted()
  const [file = '', ...args] = command
  const child = execa(file, args, {
    env: { ...withoutOwnCredentials(process.env), ...options.env },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
    detached: process.platform !== 'win32',
  })
  let output = Buffer.alloc(0)
  child.all.on('data', (chunk: Buffer) => {
    output = Buffer.concat([output, chunk]).subarray(-keptOutput)
  })
  const limit = AbortSignal.timeout(options.timeoutMs)
  const stop = () => killGroup(child.pid)
  const ending = AbortSignal.any(options.signal ? [limit, options.signal] : [limit])
  ending.addEventListener('abort', stop, { once: true })
  try {
    const { exitCode, signal, code } = await child
    options.signal?.throwIfAborted()
    const timedOut = limit.aborted && exitCode === undefined
    const ended = timedOut
      ? `did not end within ${options.timeoutMs / 1000} s`
      : exitCode !== undefined
        ? `exit code ${exitCode}`
        : `${file}: ${signal ?? code ?? 'could not be started'}`
    return { ok: exitCode === 0, detail: redacted([ended, lastLine(output)].filter(Boolean).join(': ')), timedOut }
  } finally {
    ending.removeEventListener('abort', stop)
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // It had ended by itself.
  }
}

function lastLine(output: Buffer): string {
  return output.toString('utf8').trim().split(/\r?\n/).at(-1)?.trim().slice(0, 200) ?? ''
}

function withoutOwnCredentials(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(?:TEMPORAL|TIDEGATE)_.*(?:KEY|TOKEN|SECRET)/.test(name)),
  )
}
