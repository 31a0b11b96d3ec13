import { redacted } from '../outside/redact.ts'
import { readReference } from '../outside/reference.ts'

/** Something that people may want to hear of. */
export interface Notice {
  event: 'started' | 'waiting' | 'ended' | 'rolling-back' | 'blocked'
  deployment: string
  service: string
  environment: string
  version: string
  /** The deployment's status at that moment. */
  status: string
  text: string
}

/** Who is told of what. The address may be a reference: `env:NAME`, `file:path`. */
export interface Recipient {
  kind: 'webhook' | 'slack'
  url: string
  /** Statuses that they want to hear of. */
  events: readonly string[]
}

export interface Delivery {
  kind: Recipient['kind']
  ok: boolean
  /** One line, without the address: a webhook's address is its secret. */
  detail: string
}

const timeoutMs = 10_000

/**
 * Whether a notice is for someone who asked for these statuses. Waiting for a person counts as
 * `awaiting_approval`, whichever gate it is: it is what they want to be called for. Pure.
 */
export function isFor(notice: Notice, events: readonly string[]): boolean {
  if (notice.event === 'waiting') return events.includes('awaiting_approval')
  return events.includes(notice.status)
}

/** The body for a recipient. Pure. */
export function formatNotice(kind: Recipient['kind'], notice: Notice): object {
  return kind === 'webhook' ? { ...notice } : slackMessage(notice)
}

/** `text` is what notifications and old clients show; the blocks are what people read. */
function slackMessage({ event, deployment, service, environment, version, status, text }: Notice): object {
  const title = `${sign(event, status)} *${plain(service)} ${plain(version)}* in ${plain(environment)}: ${plain(text)}`
  return {
    text: `${service} ${version} in ${environment}: ${text}`,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: title.slice(0, 3000) } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: `${plain(status)} · \`${plain(deployment)}\`` }] },
    ],
  }
}

function sign(event: Notice['event'], status: string): string {
  if (event === 'blocked') return ':rotating_light:'
  if (event === 'waiting') return ':raised_hand:'
  if (event === 'rolling-back') return ':leftwards_arrow_with_hook:'
  if (event === 'started') return ':arrow_forward:'
  return status === 'active' ? ':white_check_mark:' : ':x:'
}

/** The three characters that Slack's markup gives a meaning. */
const plain = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Tells everyone who wants to know, at once. Never throws: nobody's deployment waits for a webhook. */
export function notifyAll(recipients: readonly Recipient[], notice: Notice): Promise<Delivery[]> {
  return Promise.all(recipients.filter(({ events }) => isFor(notice, events)).map((one) => deliver(one, notice)))
}

async function deliver({ kind, url }: Recipient, notice: Notice): Promise<Delivery> {
  let address: string | undefined
  try {
    address = (await readReference(url, `The ${kind} of notify`)).value
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(formatNotice(kind, notice)),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await response.body?.cancel()
    return { kind, ok: response.ok, detail: `answered ${response.status}` }
  } catch (error) {
    const cause = (error instanceof Error ? (error.cause ?? error) : error) as { code?: string; message?: string }
    return { kind, ok: false, detail: redacted(cause.message || cause.code || String(error), address ? [address] : []) }
  }
}
