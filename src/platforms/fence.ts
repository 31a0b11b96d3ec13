import type { Fence } from './port.ts'

/** Negative when `a` is older than `b`, 0 when they are the same: sequence, then epoch, then step. */
export function compareFences(a: Fence, b: Fence): number {
  return a.sequence - b.sequence || a.epoch - b.epoch || a.step - b.step
}

/** `12.0.3`: sequence, epoch, step. */
export function formatFence(fence: Fence): string {
  return `${fence.sequence}.${fence.epoch}.${fence.step}`
}
