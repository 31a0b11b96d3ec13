/** A worker of one location: workflows, the location's effects, and its waits, each with slots of their own. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Connection, type ConnectionOptions } from '@temporalio/client'
import { NativeConnection, type NativeConnectionOptions, Worker, type WorkerOptions } from '@temporalio/worker'
import type { Logger } from 'pino'
import type { ActivityContext } from '../src/activities/context.ts'
import { createActivities } from '../src/activities/index.ts'
import type { Platform } from '../src/platforms/port.ts'
import { effectsQueue, waitingQueue, workflowQueue } from '../src/workflows/messages.ts'
import { bundleWorkflows, payloadConverterPath } from '../tools/workflow-bundle.ts'
import { errorInterceptor } from './error-interceptor.ts'
import { logSdkTo } from './runtime.ts'
import { ensureSearchAttributes } from './visibility.ts'

export interface TidegateWorkerOptions {
  /** How to reach Temporal: address, TLS, API key, as the SDK takes them. */
  connection: ConnectionOptions & NativeConnectionOptions
  namespace?: string
  location: string
  platform: Platform
  /** Folder for what may be thrown away. */
  cacheDir: string
  log: Logger
  notify?: ActivityContext['notify']
  /** A prebuilt bundle of the workflow code; it is bundled at start (about a second) where absent. */
  workflowBundle?: string
  /** Waits (readiness, analyses, bakes) that may run at once; they cost next to nothing. */
  maxWaits?: number
  /** Whether it runs workflows, or only the activities of its location. */
  workflows?: boolean
  /** For tests: 0 replays at every task. */
  maxCachedWorkflows?: number
}

export interface TidegateWorker {
  /** Fulfilled when it has been shut down, rejected when it fails. */
  readonly done: Promise<void>
  /** Lets what runs finish or hands it back, and ends. */
  shutdown(): Promise<void>
}

/** Time that running activities get to finish when the worker is shut down; then they are cancelled and retried elsewhere. */
const grace = '5 seconds'

export async function startWorker(options: TidegateWorkerOptions): Promise<TidegateWorker> {
  const { location, platform, log } = options
  logSdkTo(log)
  const namespace = options.namespace ?? 'default'
  const { engine, visibility } = await learnOf(options.connection, namespace)
  const connection = await NativeConnection.connect(options.connection)
  const activities = createActivities({
    platform,
    cacheDir: join(options.cacheDir, 'npm'),
    engine,
    visibility,
    log,
    notify: options.notify,
  })
  const common: Pick<
    WorkerOptions,
    'connection' | 'namespace' | 'shutdownGraceTime' | 'interceptors' | 'dataConverter'
  > = {
    connection,
    namespace,
    shutdownGraceTime: grace,
    dataConverter: { payloadConverterPath },
    interceptors: { activity: [() => ({ inbound: errorInterceptor })] },
  }
  const workers: Worker[] = []
  if (options.workflows !== false) {
    const code = options.workflowBundle ? { workflowBundle: { codePath: options.workflowBundle } } : await bundled()
    const cache = options.maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows: options.maxCachedWorkflows }
    workers.push(await Worker.create({ ...common, ...code, ...cache, taskQueue: workflowQueue }))
  }
  workers.push(await Worker.create({ ...common, activities, taskQueue: effectsQueue(location) }))
  const waits = { maxConcurrentActivityTaskExecutions: options.maxWaits ?? 1_000 }
  workers.push(await Worker.create({ ...common, ...waits, activities, taskQueue: waitingQueue(location) }))

  const stopAll = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
  }
  const runs = workers.map((worker) => worker.run().finally(stopAll))
  const done = Promise.all(runs)
    .then(() => undefined)
    .finally(() => connection.close())
  done.catch((error: unknown) => log.error({ err: error }, 'the worker has failed'))
  log.info({ location, namespace, engine, visibility }, 'worker started')
  return {
    done,
    async shutdown() {
      stopAll()
      await done.catch(() => undefined)
    },
  }
}

/** The package carries the bundle beside it; a checkout bundles its sources. */
async function bundled(): Promise<Pick<WorkerOptions, 'workflowBundle'>> {
  const prebuilt = join(import.meta.dirname, '..', 'workflow-bundle.js')
  return { workflowBundle: existsSync(prebuilt) ? { codePath: prebuilt } : { code: await bundleWorkflows() } }
}

async function learnOf(options: ConnectionOptions, namespace: string) {
  const connection = await Connection.connect(options)
  try {
    const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace })
    const visibility = await ensureSearchAttributes(connection.operatorService, namespace)
    return { engine: namespaceInfo?.id || namespace, visibility }
  } finally {
    await connection.close()
  }
}
