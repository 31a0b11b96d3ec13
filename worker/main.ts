/** Runs the workers of the locations that the configuration names; the entry of `tidegate worker` and the container. */
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { temporalAddress } from '../src/connection.ts'
import { createLog } from '../src/log.ts'
import { type Notice, notifyAll } from '../src/notify/notify.ts'
import { createLocalPlatform } from '../src/platforms/local/platform.ts'
import { type EngineConfig, loadConfig } from '../src/spec/index.ts'
import { startWorker, type TidegateWorker } from './index.ts'

export interface RunWorkerOptions {
  /** Only these locations; all of the configuration's where absent. */
  locations?: string[]
  configFile?: string
}

/** Ends when it is told to (SIGTERM, SIGINT: what runs is handed back), or when a worker fails. */
export async function runWorker(options: RunWorkerOptions = {}): Promise<void> {
  const log = createLog('worker')
  const config = await loadConfig({ file: options.configFile })
  const { connection, namespace } = await temporalAddress(config.temporal)
  const home = resolve(process.env.TIDEGATE_HOME ?? '.tidegate')
  const workers: TidegateWorker[] = []
  const stop = () => void Promise.all(workers.map((worker) => worker.shutdown()))
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  for (const location of options.locations ?? Object.keys(config.locations)) {
    const platform = createLocalPlatform({ dir: config.locations[location]?.agent ?? join(home, 'agent') })
    const cacheDir = join(home, 'cache')
    const notify = notifier(config, log)
    workers.push(await startWorker({ connection, namespace, location, platform, cacheDir, log, notify }))
  }
  // Whoever started this process as a child may wait for that word.
  process.send?.('ready')
  if (process.env.TIDEGATE_ENDS_WITH_OWNER) process.once('disconnect', stop)
  await Promise.all(workers.map((worker) => worker.done))
  // The channel to its owner would keep the process.
  if (process.connected) process.disconnect()
}

function notifier({ notify }: EngineConfig, log: Logger): ((notice: Notice) => Promise<void>) | undefined {
  if (notify.length === 0) return undefined
  return async (notice) => {
    for (const { kind, ok, detail } of await notifyAll(notify, notice)) {
      if (!ok) log.warn({ kind, detail, deployment: notice.deployment }, 'somebody could not be told')
    }
  }
}

if (process.argv[1] === import.meta.filename) await runWorker()
