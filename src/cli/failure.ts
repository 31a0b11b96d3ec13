/** How a failed command ends: what went wrong, what to do, and a code that scripts can tell apart. */
import { TidegateError } from '../errors.ts'
import type { Output } from './output.ts'

/** Anything that was thrown as an error of the table: what is not one of ours is a bug. */
export function known(error: unknown): TidegateError {
  if (error instanceof TidegateError) return error
  const detail = error instanceof Error ? error.message : String(error)
  return new TidegateError('bug', { detail }, { cause: error })
}

/** Lines for a person. The stack of a bug is shown with `--debug` only. Pure. */
export function failureLines(error: TidegateError, { debug = false } = {}): string[] {
  const lines = [error.message]
  if (isListing(error))
    lines.push(
      ...error
        .format()
        .split('\n')
        .map((line) => `  ${line}`),
    )
  lines.push(error.remedy)
  if (error.code === 'bug' && !debug) lines.push('Run it again with --debug to see where it happened.')
  if (debug) lines.push(traceOf(error))
  return lines.filter((line) => line !== '')
}

/** Prints it and returns the exit code. */
export function reportFailure(thrown: unknown, out: Output, options: { debug?: boolean }): number {
  const error = known(thrown)
  out.object({ error: options.debug ? { ...error.toJSON(), stack: traceOf(error) } : error.toJSON() })
  const [first = '', ...rest] = failureLines(error, options)
  out.note(out.colour.red(first))
  for (const line of rest) out.note(line)
  return error.row.exit
}

/** An error of the spec lists every problem, each with its file, line and column. */
const isListing = (error: TidegateError): error is TidegateError & { format(): string } =>
  'format' in error && typeof error.format === 'function'

function traceOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${traceOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
