import { Context, cancellationSignal, heartbeat, sleep } from '@temporalio/activity'

/** How often a long activity shows that it lives (ms); well under the heartbeat time-outs of the policies. */
export const heartbeatEvery = 2_000

/**
 * Runs `work` and heartbeats meanwhile, with what `details` returns at each beat. Ends at once when the activity is
 * cancelled or its worker is shut down, also where a platform does not listen: what it still writes is fenced.
 */
export async function whileHeartbeating<T>(
  work: (signal: AbortSignal) => Promise<T>,
  details: () => unknown = () => undefined,
): Promise<T> {
  // No beat at once: each is a state transition on the server, and most activities are over before the first.
  const timer = setInterval(() => heartbeat(details()), heartbeatEvery)
  try {
    const { cancelled } = Context.current()
    return await Promise.race([work(cancellationSignal()), cancelled])
  } finally {
    clearInterval(timer)
  }
}

/** Sleeps, and wakes with a cancellation when the activity is cancelled. */
export const pauseFor = (ms: number) => sleep(ms)
