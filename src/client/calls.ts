/** Calls to Temporal with a deadline, whose failures are errors of the table. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import { TidegateError } from '../errors.ts'
import { workflowQueue } from '../workflows/messages.ts'
import { asTidegateError, isCutOff, isTimeout, isTooEarly } from './errors.ts'

/** How long an answer of a workflow is waited for (ms). */
export const answerDeadline = 5_000
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * One call within a deadline (ms; null: none). `unknown` is thrown where there is no such workflow. Nobody answering is `worker.absent` where the server itself is well, otherwise
 * `temporal.unreachable`. A workflow that just then continued as new is asked again: the request's id makes it one.
 */
export async function call<T>(
  { temporal, address }: { temporal: Client; address: string },
  work: () => Promise<T>,
  options: { unknown?: TidegateError; deadline?: number | null } = {},
): Promise<T> {
  const { deadline = answerDeadline } = options
  const until = deadline === null ? Number.POSITIVE_INFINITY : Date.now() + deadline
  for (let attempt = 1; ; attempt++) {
    try {
      return deadline === null ? await work() : await temporal.connection.withDeadline(until, work)
    } catch (error) {
      if (options.unknown && error instanceof WorkflowNotFoundError) throw options.unknown
      if ((isTooEarly(error) || isCutOff(error)) && attempt < 6 && Date.now() < until) {
        await pause(50 * attempt)
        continue
      }
      if (isTimeout(error) || isTooEarly(error)) throw await whoIsAbsent(temporal, address, error)
      throw asTidegateError(error, address)
    }
  }
}

/** After a silence: is it the server, or is it the worker? */
async function whoIsAbsent(temporal: Client, address: string, cause: unknown): Promise<TidegateError> {
  const ask = () => temporal.workflowService.getSystemInfo({})
  const well = await temporal.connection.withDeadline(Date.now() + 2_000, ask).catch(() => null)
  if (well) return new TidegateError('worker.absent', { queue: workflowQueue }, { cause })
  return new TidegateError('temporal.unreachable', { address }, { cause })
}
