/**
 * Histories as JSON: numbers as numbers, bytes as `{ "base64": … }`, enums as their numbers. The SDK's own form of JSON
 * can neither be written nor read where npm installs `protobufjs` more than once, as it does here.
 */

/** A history as the server gave it, as plain JSON, without what says on which machine it was. */
export function toPlain(value: unknown, host: string): unknown {
  if (typeof value === 'string') return value.replaceAll(host, 'host')
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') }
  if ('low' in value && 'high' in value && 'unsigned' in value) return Number(String(value))
  if (Array.isArray(value)) return value.map((inner) => toPlain(inner, host))
  const kept = Object.entries(value).filter(([key, inner]) => key !== 'stackTrace' && inner !== null)
  return Object.fromEntries(kept.map(([key, inner]) => [key, key === 'identity' ? 'worker' : toPlain(inner, host)]))
}

/** The text of a file, for `Worker.runReplayHistories`. */
export function fromText(text: string): { workflowId: string; history: unknown } {
  return JSON.parse(text, (_, value: unknown) =>
    isBytes(value) ? new Uint8Array(Buffer.from(value.base64, 'base64')) : value,
  )
}

/** With its payloads, which are JSON in base64, in the clear. */
export const inTheClear = (text: string) =>
  text.replace(/\{"base64":"([A-Za-z0-9+/=]*)"\}/g, (_, data: string) => Buffer.from(data, 'base64').toString())

function isBytes(value: unknown): value is { base64: string } {
  return typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string'
}
