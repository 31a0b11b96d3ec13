/** What Temporal throws, as errors of the table. */
import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { type ErrorBody, isErrorCode, TidegateError } from '../errors.ts'

const grpc = {
  cancelled: 1,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  failedPrecondition: 9,
  unavailable: 14,
  unauthenticated: 16,
}

/** The gRPC status inside an error, or null. */
export function grpcCode(error: unknown): number | null {
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) {
    const { code } = inner as { code?: unknown }
    if (typeof code === 'number') return code
  }
  return null
}

/** Whether it only means that nobody answered in time. */
export function isTimeout(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true
  const code = grpcCode(error)
  return code === grpc.deadlineExceeded || code === grpc.cancelled
}

/** A query that came between two tasks: it helps to ask again at once. */
export function isTooEarly(error: unknown): boolean {
  return grpcCode(error) === grpc.failedPrecondition
}

/** An update that was accepted by a run which then ended (continued as new): its successor has to be asked. */
export function isCutOff(error: unknown): boolean {
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : null
  return cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow'
}

/** The error of the table that an update's failure carries, a connection's failure means, or the error itself. */
export function asTidegateError(error: unknown, address: string): unknown {
  if (error instanceof TidegateError) return error
  const failure = error instanceof WorkflowUpdateFailedError ? error.cause : error
  if (failure instanceof ApplicationFailure && isErrorCode(failure.type)) {
    const body = failure.details?.[0] as ErrorBody | undefined
    return new TidegateError(failure.type, body?.facts ?? {}, { cause: error })
  }
  const code = grpcCode(error)
  const detail = error instanceof Error ? error.message : String(error)
  if (code === grpc.unavailable) return new TidegateError('temporal.unreachable', { address }, { cause: error })
  if (code === grpc.permissionDenied || code === grpc.unauthenticated || isNamespaceAbsent(error)) {
    return new TidegateError('temporal.denied', { address, detail }, { cause: error })
  }
  return error
}

const isNamespaceAbsent = (error: unknown) => error instanceof Error && /namespace .*not found/i.test(error.message)
