import { access, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { TidegateError } from '../errors.ts'
import { digestOf } from './canonical.ts'
import type { ContentStore } from './content-store.ts'

const digestForm = /^sha256:([0-9a-f]{64})$/

/** Content as files named by their digest, two levels deep: `ab/cdef…`. Written whole or not at all. */
export class FileStore implements ContentStore {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  async put(content: Uint8Array): Promise<string> {
    const digest = digestOf(content)
    // What is there is believed only when it still is what it was: a corrupt entry is mended by storing it again.
    if (await this.#whole(digest)) return digest
    const path = this.pathOf(digest)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFileAtomic(path, Buffer.from(content), { mode: 0o444 })
    return digest
  }

  async get(digest: string): Promise<Uint8Array> {
    const content = await readFile(this.pathOf(digest)).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') throw new TidegateError('artifact.missing', { artifact: digest }, { cause })
      throw cause
    })
    const actual = digestOf(content)
    if (actual !== digest) {
      throw new TidegateError('artifact.corrupt', { artifact: digest, expected: digest, actual })
    }
    return content
  }

  async has(digest: string): Promise<boolean> {
    return access(this.pathOf(digest)).then(
      () => true,
      () => false,
    )
  }

  /** Where the content of a digest is, or would be. */
  pathOf(digest: string): string {
    const hex = digestForm.exec(digest)?.[1]
    if (hex === undefined) throw new TidegateError('artifact.missing', { artifact: digest })
    return join(this.#dir, hex.slice(0, 2), hex.slice(2))
  }

  async #whole(digest: string): Promise<boolean> {
    return this.get(digest).then(
      () => true,
      () => false,
    )
  }
}
