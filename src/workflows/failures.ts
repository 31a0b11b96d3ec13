/** Errors of the one table as Temporal failures, and back. Workflow code throws nothing else. */
import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TimeoutFailure } from '@temporalio/common'
import { type ErrorBody, type ErrorCode, errorRow, type Facts, isErrorCode, TidegateError } from '../errors.ts'

/** The failure that carries an error of the table: its type is the code, its detail the body. */
export function failureOf(error: TidegateError): ApplicationFailure {
  return ApplicationFailure.create({
    type: error.code,
    message: error.message,
    nonRetryable: !error.row.retryable,
    details: [error.toJSON()],
  })
}

/** Throws an error of the table in workflow code. */
export function fail(code: ErrorCode, facts: Facts = {}): never {
  throw failureOf(new TidegateError(code, facts))
}

/** The error body inside whatever an activity, a child, an activity of a child, or a handler threw. */
export function errorBodyOf(thrown: unknown): ErrorBody {
  const error = thrown instanceof ChildWorkflowFailure ? thrown.cause : thrown
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) {
    const body = cause.details?.[0] as ErrorBody | undefined
    if (body && typeof body.message === 'string') return body
    return { code: cause.type, message: cause.message, remedy: errorRow(cause.type).remedy, facts: {} }
  }
  if (cause instanceof TimeoutFailure) {
    const what = error instanceof ActivityFailure ? error.activityType : 'It'
    const queueless = cause.timeoutType === 'SCHEDULE_TO_START'
    const code = queueless ? 'worker.absent' : 'deadline.exceeded'
    return new TidegateError(code, { queue: what, what, deadline: 'its time-out' }).toJSON()
  }
  return new TidegateError('bug', { detail: cause instanceof Error ? cause.message : String(cause) }).toJSON()
}

/** Whether trying the same thing again can help without anyone changing anything. */
export function isRetryable(body: ErrorBody): boolean {
  return errorRow(body.code).retryable || body.code === 'deadline.exceeded'
}
