import { randomUUID } from 'node:crypto'
import { access, chmod, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type ReadEntry, x as unpack } from 'tar'
import { TidegateError } from '../../../errors.ts'
import type { ReleaseRecord, ReleaseRef } from '../../../spec/model.ts'
import { getJson } from '../../../store/canonical.ts'
import type { ContentStore } from '../../../store/content-store.ts'

const youngMs = 3_600_000

/** Releases of this machine: their records, and their files unpacked read-only, once for each archive. */
export class Releases {
  readonly #dir: string
  readonly #store: ContentStore
  readonly #records = new Map<string, ReleaseRecord>()
  readonly #unpacking = new Map<string, Promise<string>>()

  constructor(dir: string, store: ContentStore) {
    this.#dir = dir
    this.#store = store
  }

  /** @throws `release.unknown` when its record is not in the store */
  async record(release: ReleaseRef): Promise<ReleaseRecord> {
    const known = this.#records.get(release.digest)
    if (known) return known
    const record = await getJson<ReleaseRecord>(this.#store, release.digest).catch((cause: unknown) => {
      const missing = cause instanceof TidegateError && cause.code === 'artifact.missing'
      throw missing ? new TidegateError('release.unknown', { release: release.id }, { cause }) : cause
    })
    this.#records.set(release.digest, record)
    return record
  }

  /** The folder of the release's files, unpacked when it was not yet. */
  async unpacked(release: ReleaseRef): Promise<string> {
    const { artifact } = await this.record(release)
    if (artifact.kind !== 'archive') {
      throw new TidegateError('artifact.unsupported', {
        platform: 'The local platform',
        kind: artifact.kind,
        takes: 'path, npm, archive',
      })
    }
    const dir = join(this.#dir, artifact.digest.slice('sha256:'.length))
    const running = this.#unpacking.get(dir)
    if (running) return running
    const work = this.#unpack(artifact.digest, dir).finally(() => this.#unpacking.delete(dir))
    this.#unpacking.set(dir, work)
    return work
  }

  /** Ends what a killed agent left half unpacked. */
  async clean(): Promise<void> {
    const names = await readdir(this.#dir).catch(() => [])
    for (const name of names.filter((n) => n.startsWith('.tmp-'))) await removeTree(join(this.#dir, name))
  }

  /**
   * Removes unpacked files of releases that nobody needs any more; they can be unpacked again from the store. What is
   * younger than an hour stays, since it may be on its way to being named.
   */
  async prune(needed: ReleaseRef[]): Promise<void> {
    const keep = new Set<string>()
    for (const release of needed) {
      const record = await this.record(release).catch(() => null)
      if (record?.artifact.kind === 'archive') keep.add(record.artifact.digest.slice('sha256:'.length))
    }
    for (const name of await readdir(this.#dir).catch(() => [])) {
      const path = join(this.#dir, name)
      const age = Date.now() - ((await lstat(path).catch(() => null))?.ctimeMs ?? Date.now())
      if (!keep.has(name) && age > youngMs) await removeTree(path)
    }
  }

  async #unpack(digest: string, dir: string): Promise<string> {
    const there = await access(dir).then(
      () => true,
      () => false,
    )
    if (there) return dir
    const content = await this.#store.get(digest)
    const temporary = join(this.#dir, `.tmp-${randomUUID()}`)
    await mkdir(temporary, { recursive: true })
    try {
      const into = unpack({ cwd: temporary, filter: safely, preserveOwner: false, strict: true })
      await pipeline(Readable.from(pieces(content)), into)
      await makeReadOnly(temporary)
      // The name says that it is whole.
      await rename(temporary, dir)
      await chmod(dir, 0o555)
      return dir
    } catch (cause) {
      await removeTree(temporary)
      const actual = cause instanceof Error ? cause.message : String(cause)
      throw new TidegateError('artifact.corrupt', { artifact: digest, expected: 'a .tar.gz', actual }, { cause })
    }
  }
}

/** Removes a tree although its folders are read-only. */
export async function removeTree(path: string): Promise<void> {
  await eachFolder(path, (dir) => chmod(dir, 0o755))
  await rm(path, { recursive: true, force: true })
}

// In pieces, so that unpacking never holds up the proxy for long.
function* pieces(content: Uint8Array): Generator<Buffer> {
  const size = 256 * 1024
  for (let at = 0; at < content.length; at += size) yield Buffer.from(content.subarray(at, at + size))
}

const outside = (path: string) => path.startsWith('/') || normalize(path).split('/').includes('..')

/** Files, folders and links that stay inside. */
function safely(path: string, entry: unknown): boolean {
  const { type, linkpath = '' } = entry as ReadEntry
  if (outside(path)) return false
  if (type === 'SymbolicLink') return !linkpath.startsWith('/') && !outside(join(dirname(path), linkpath))
  if (type === 'Link') return !outside(linkpath)
  return type === 'File' || type === 'OldFile' || type === 'Directory'
}

async function makeReadOnly(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) {
      await makeReadOnly(path)
      await chmod(path, 0o555)
    } else if (entry.isFile()) {
      const { mode } = await lstat(path)
      await chmod(path, (mode & 0o555) | 0o444)
    }
  }
}

async function eachFolder(dir: string, visit: (dir: string) => Promise<void>): Promise<void> {
  const found = await lstat(dir).catch(() => null)
  if (!found?.isDirectory()) return
  await visit(dir)
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (entry.isDirectory()) await eachFolder(join(dir, entry.name), visit)
  }
}
