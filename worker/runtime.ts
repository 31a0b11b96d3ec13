import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker'
import type { Logger } from 'pino'

let installed = false

/** Sends the SDK's own log to ours, from `warn` on. There is one runtime in a process: the first logger stays. */
export function logSdkTo(log: Logger): void {
  if (installed) return
  installed = true
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      const { error, ...rest } = { error: undefined, ...meta }
      log[level === 'ERROR' ? 'error' : 'warn']({ ...rest, err: error }, message)
    }),
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
  })
}
