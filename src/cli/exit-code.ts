/** Exit codes of what a deployment came to. Pure. */
import { exitCodes } from '../errors.ts'
import type { DeploymentStatus } from '../workflows/status.ts'

const byStatus: Readonly<Record<DeploymentStatus, number>> = {
  active: exitCodes.done,
  inactive: exitCodes.done,
  rolled_back: exitCodes.rolledBack,
  failed: exitCodes.failed,
  aborted: exitCodes.aborted,
  rejected: exitCodes.aborted,
  rollback_blocked: exitCodes.blocked,
  superseded: exitCodes.refused,
  pending: exitCodes.waiting,
  packaging: exitCodes.waiting,
  validating: exitCodes.waiting,
  awaiting_approval: exitCodes.waiting,
  preparing: exitCodes.waiting,
  executing: exitCodes.waiting,
  activating: exitCodes.waiting,
  rolling_back: exitCodes.waiting,
}

/** `asked`: an abort was what the command was for, so that having gone back is success. */
export function exitCodeOf(status: DeploymentStatus, asked?: 'abort'): number {
  if (asked === 'abort' && (status === 'aborted' || status === 'rolled_back')) return exitCodes.done
  return byStatus[status]
}
