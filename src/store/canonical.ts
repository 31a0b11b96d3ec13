import { createHash } from 'node:crypto'
import type { ContentStore } from './content-store.ts'

/**
 * JSON with the keys of every object sorted and no white space: the same value always has the same bytes, and so
 * the same digest. Undefined members are left out, as JSON does. (The subset of RFC 8785 that our records need.)
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  )
}

/** `sha256:` and 64 hex digits. */
export function digestOf(content: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

/** Stores a value as canonical JSON. */
export async function putJson(store: ContentStore, value: unknown): Promise<string> {
  return store.put(new TextEncoder().encode(canonicalJson(value)))
}

/** Reads back what `putJson` stored. */
export async function getJson<T>(store: ContentStore, digest: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await store.get(digest))) as T
}
