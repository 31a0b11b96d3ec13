/** The way back: compensations, registered before their stage and run in reverse until they are done. */
import { CancellationScope } from '@temporalio/workflow'

export interface Compensation {
  /** In words, for the timeline: `restore the traffic`. */
  name: string
  /** Does it until it is done; settles blocks with an operator by itself. Returns what was skipped, or null. */
  run: () => Promise<string | null>
}

export interface Saga {
  /** To be called before the stage acts: a crash between the two would lose the way back. */
  register(compensation: Compensation): void
  readonly empty: boolean
  /** Runs all in reverse, out of reach of any cancellation; returns what an operator skipped. */
  compensate(): Promise<string[]>
}

export function createSaga(): Saga {
  const stack: Compensation[] = []
  return {
    register: (compensation) => void stack.push(compensation),
    get empty() {
      return stack.length === 0
    },
    compensate: () =>
      CancellationScope.nonCancellable(async () => {
        const skipped: string[] = []
        for (let next = stack.pop(); next; next = stack.pop()) {
          const left = await next.run()
          if (left) skipped.push(left)
        }
        return skipped
      }),
  }
}
