/**
 * Content by digest: release records, drafts, plans and archives. What was stored never changes, so storing the
 * same content twice is one entry, and a reader can always check what it got.
 */
export interface ContentStore {
  /** Stores the content and returns its digest, `sha256:` and 64 hex digits. Durable when it returns. */
  put(content: Uint8Array): Promise<string>
  /**
   * @throws `artifact.missing` when it was never stored here
   * @throws `artifact.corrupt` when what is stored does not match the digest
   */
  get(digest: string): Promise<Uint8Array>
  has(digest: string): Promise<boolean>
}
