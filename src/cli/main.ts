#!/usr/bin/env node
/** The command line. Everything heavy is loaded by the command that needs it: `--help` stays quick. */
import { CommanderError } from 'commander'
import { exitCodes, TidegateError } from '../errors.ts'
import { reportFailure } from './failure.ts'
import { createOutput } from './output.ts'
import { createProgram } from './program.ts'

/** What shells show for a program that SIGPIPE ended. */
const readerGone = 141

// A reader that has seen enough (`| head`) ends the command without a word.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(readerGone)
    throw error
  })
}

async function main(argv: readonly string[]): Promise<number> {
  const flags = { json: argv.includes('--json'), debug: argv.includes('--debug') }
  let code: number = exitCodes.done
  const completes = argv[2] === 'complete' || argv[2] === 'completion'
  const finished = (result: number) => {
    code = result
  }
  const program = createProgram(finished, { completes })
  try {
    if (completes) (await import('@bomb.sh/tab/commander')).default(program, { completionCommandName: 'completion' })
    await program.parseAsync(argv)
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, createOutput(flags), flags)
    // Help and version are no failures; help that nobody asked for (no command at all) is.
    if (error.exitCode === 0) return exitCodes.done
    if (error.code === 'commander.help') return exitCodes.badInput
    const detail = error.message.replace(/^error: /, '')
    const usage = new TidegateError('input.invalid', { detail, remedy: 'See `tidegate --help`.' })
    return reportFailure(usage, createOutput(flags), flags)
  }
}

const code = await main(process.argv)
// What is buffered for a pipe goes out first; then nothing that is still open keeps the command alive.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
