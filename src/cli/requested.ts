/** What a command says once its request was accepted, and how it waits. */
import type { Accepted, TidegateClient } from '../client/index.ts'
import type { Platform } from '../platforms/port.ts'
import type { Target } from '../spec/index.ts'
import { follow } from './follow.ts'
import { commandFor } from './live-view.ts'
import type { Output } from './output.ts'

/** `what`: the thing that was asked for, in words. */
export function announce(out: Output, target: Target, accepted: Accepted, what: string): void {
  out.object({ accepted })
  const { number, position, duplicate, aborting, note } = accepted
  const place = `${target.environment}${target.location === 'host' ? '' : ` (${target.location})`}`
  const how = duplicate
    ? `was asked for before: #${number}`
    : aborting
      ? `goes back: #${number} is being aborted`
      : position > 0
        ? `waits as #${number}, ${position} before it`
        : `begins as #${number}`
  out.line(`${what} → ${place}: ${how}`)
  if (note) out.line(out.colour.yellow(`${note}; let it go on with: ${commandFor({ target }, 'resume')} --queue`))
  out.line(out.colour.dim(`${accepted.deployment}   ${commandFor({ target }, 'watch')}`))
}

export interface WaitOptions {
  /** The value of `--wait`. */
  wait: boolean | string
  timeoutMs?: number
  platform: Platform | null
}

export function waitFor(
  client: TidegateClient,
  out: Output,
  accepted: Accepted,
  { wait, timeoutMs, platform }: WaitOptions,
): Promise<number> {
  const until = wait === 'gates' ? 'end' : 'person'
  return follow(client, out, accepted.deployment, {
    platform,
    until,
    timeoutMs,
    asked: accepted.aborting ? 'abort' : undefined,
  })
}
