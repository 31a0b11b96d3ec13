import { ApplicationFailure } from '@temporalio/common'
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker'
import { TidegateError } from '../src/errors.ts'

/** Errors of the table leave an activity with their code as type, so that retrying follows from the row. */
export const errorInterceptor: ActivityInboundCallsInterceptor = {
  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    try {
      return await next(input)
    } catch (error) {
      if (!(error instanceof TidegateError)) throw error
      throw ApplicationFailure.create({
        type: error.code,
        message: error.message,
        nonRetryable: !error.row.retryable,
        details: [error.toJSON()],
        cause: error.cause instanceof Error ? error.cause : undefined,
      })
    }
  },
}
