/** Time-outs, retries and cancellation of every activity, from one table; nothing is left to a default. */
import { ActivityCancellationType, type ActivityOptions, proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { effectsQueue, waitingQueue } from './messages.ts'

type Kind = 'effect' | 'packaging' | 'wait' | 'hook' | 'wayBack' | 'control'

/**
 * TRY_CANCEL everywhere: the way back starts at once, and what the old activity still writes is refused by the
 * fence. Attempts are never counted (a worker's release costs one); time is.
 */
const policies: Record<Kind, ActivityOptions> = {
  effect: {
    scheduleToCloseTimeout: '10 minutes',
    scheduleToStartTimeout: '5 minutes',
    startToCloseTimeout: '5 minutes',
    heartbeatTimeout: '10 seconds',
  },
  packaging: {
    scheduleToCloseTimeout: '30 minutes',
    scheduleToStartTimeout: '5 minutes',
    startToCloseTimeout: '15 minutes',
    heartbeatTimeout: '15 seconds',
  },
  wait: {
    scheduleToCloseTimeout: '30 days',
    scheduleToStartTimeout: '1 hour',
    heartbeatTimeout: '10 seconds',
  },
  hook: {
    scheduleToCloseTimeout: '1 hour',
    scheduleToStartTimeout: '5 minutes',
    startToCloseTimeout: '30 minutes',
    heartbeatTimeout: '10 seconds',
  },
  /** Ends after a while to say what it waits for; the saga calls it again, for ever. */
  wayBack: {
    startToCloseTimeout: '5 minutes',
    heartbeatTimeout: '10 seconds',
  },
  control: {
    scheduleToCloseTimeout: '1 minute',
    startToCloseTimeout: '20 seconds',
  },
}

const retry = { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' } as const

const kinds: Record<keyof Activities, Kind> = {
  packageRelease: 'packaging',
  validateDeployment: 'effect',
  prepareTarget: 'effect',
  applySlot: 'effect',
  routeTraffic: 'effect',
  promoteSlot: 'effect',
  confirmActive: 'effect',
  awaitReady: 'wait',
  analyse: 'wait',
  runChecks: 'wait',
  awaitDeployment: 'wait',
  runHook: 'hook',
  wayBack: 'wayBack',
  reconcile: 'control',
  wakeService: 'control',
  notify: 'control',
}

/** How one call differs from its row: the words in the Web UI, and a shorter time. */
export interface Call {
  summary: string
  /** Milliseconds from scheduling to the end, retries included. */
  within?: number
  /** Milliseconds that one attempt may take, where that is declared. */
  lasts?: number
  /** Tried at most so often. Only where the workflow itself tries again: a worker's release costs an attempt. */
  attempts?: number
  /** A wait that must not stand behind the waits of others. */
  urgent?: boolean
}

/** The activities of a location, each with its row's options: `run('routeTraffic', { summary }, args)`. */
export function activitiesOf(location: string) {
  return function run<Name extends keyof Activities>(
    name: Name,
    call: Call,
    ...args: Parameters<Activities[Name]>
  ): ReturnType<Activities[Name]> {
    const kind = kinds[name]
    const proxy = proxyActivities<Activities>({
      ...policies[kind],
      ...(call.within === undefined ? {} : { scheduleToCloseTimeout: call.within }),
      ...(call.lasts === undefined ? {} : { startToCloseTimeout: call.lasts }),
      taskQueue: kind === 'wait' && !call.urgent ? waitingQueue(location) : effectsQueue(location),
      cancellationType: ActivityCancellationType.TRY_CANCEL,
      retry: { ...retry, ...(call.attempts ? { maximumAttempts: call.attempts } : {}) },
      summary: call.summary,
    })
    const activity = proxy[name] as unknown as (...a: typeof args) => ReturnType<Activities[Name]>
    return activity(...args)
  }
}

export type Run = ReturnType<typeof activitiesOf>
