/** The floor that costs are measured against: a workflow of n activities in sequence and nothing else. */
import { proxyActivities } from '@temporalio/workflow'

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '1 minute' })

export async function bare(n: number): Promise<void> {
  for (let i = 0; i < n; i++) await nothing()
}
