/** The life of a deployment: one enum, one transition table. Pure. */

export const statuses = [
  'pending',
  'packaging',
  'validating',
  'awaiting_approval',
  'preparing',
  'executing',
  'activating',
  'active',
  'inactive',
  'rolling_back',
  'rollback_blocked',
  'rolled_back',
  'failed',
  'aborted',
  'superseded',
  'rejected',
] as const

export type DeploymentStatus = (typeof statuses)[number]

const ends: DeploymentStatus[] = ['failed', 'aborted', 'superseded']

/** From each status, those that may follow. A terminal status has none: it absorbs whatever comes late. */
export const transitions: Readonly<Record<DeploymentStatus, readonly DeploymentStatus[]>> = {
  pending: ['packaging', 'preparing', ...ends],
  packaging: ['validating', ...ends],
  validating: ['awaiting_approval', 'pending', 'preparing', ...ends],
  awaiting_approval: ['pending', 'preparing', 'rejected', ...ends],
  preparing: ['executing', 'rolling_back', ...ends],
  executing: ['activating', 'rolling_back', 'superseded'],
  activating: ['active', 'rolling_back', 'superseded'],
  active: ['inactive'],
  rolling_back: ['rolled_back', 'aborted', 'failed', 'rollback_blocked', 'superseded'],
  rollback_blocked: ['rolling_back', 'rolled_back', 'aborted', 'superseded'],
  inactive: [],
  rolled_back: [],
  failed: [],
  aborted: [],
  superseded: [],
  rejected: [],
}

/** Whether the deployment's workflow has ended. `active` becomes `inactive` in the service's memory only. */
export function isOver(status: DeploymentStatus): boolean {
  return transitions[status].length === 0 || status === 'active'
}

/** The status after a wish to change: `to` where the table allows it, otherwise unchanged. */
export function nextStatus(from: DeploymentStatus, to: DeploymentStatus): DeploymentStatus {
  return transitions[from].includes(to) ? to : from
}
