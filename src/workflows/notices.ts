import type { DeploymentRecord } from './deployment-record.ts'

type Event = 'started' | 'waiting' | 'ended' | 'rolling-back' | 'blocked'

/** Tells people who asked to be told; whether that works never decides about a deployment. */
export async function tell(record: DeploymentRecord, event: Event): Promise<void> {
  const { input, state } = record
  if (!input.settings.notify) return
  const notice = {
    event,
    deployment: state.id,
    service: input.target.service,
    environment: input.target.environment,
    version: input.version,
    status: state.status,
    text: state.outcome ?? state.doing,
  }
  await record
    .run('notify', { summary: `tell: ${event}` }, notice)
    .catch(() => record.note(`nobody could be told: ${event}`))
}
