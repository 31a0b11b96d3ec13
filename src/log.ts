/** Structured logs: JSON lines on standard error, or in a file, with secrets redacted. */
import pino, { type Logger } from 'pino'

const secret = ['token', 'apiKey', 'password', 'secret', 'authorization', 'cookie', 'key']
const paths = secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `headers.${name}`, `*.headers.${name}`])

export interface LogOptions {
  /** A file; standard error where absent. */
  file?: string
  /** `info` where absent; TIDEGATE_LOG_LEVEL says otherwise. */
  level?: string
}

/** A logger of one part: `createLog('worker')`. Bind a deployment with `log.child({ deployment })`. */
export function createLog(part: string, options: LogOptions = {}): Logger {
  const level = options.level ?? process.env.TIDEGATE_LOG_LEVEL ?? 'info'
  const destination = options.file
    ? pino.destination({ dest: options.file, mkdir: true, sync: false })
    : pino.destination(2)
  return pino({ level, base: { part, pid: process.pid }, redact: { paths, censor: '[redacted]' } }, destination)
}
