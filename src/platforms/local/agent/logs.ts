import { copyFile, mkdir, open, readdir, readFile, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReleaseRef } from '../../../spec/model.ts'

export type Stream = 'stdout' | 'stderr'
export const streams: Stream[] = ['stdout', 'stderr']

export interface LogFolder {
  instance: string
  release: string
  dir: string
}

/**
 * Logs of a target's instances: processes append to files directly, so that nothing of them depends on the agent.
 * A file past `maxBytes` is copied to `.1` and emptied in place (the process goes on appending); so each stream of
 * an instance takes at most about twice that.
 */
export class Logs {
  readonly #dir: string
  readonly #maxBytes: number
  readonly #keepInstances: number
  /** When a file had grown to a size, for the time of its lines. */
  readonly #growth = new Map<string, { size: number; at: number }[]>()

  constructor(dir: string, { maxBytes = 5 << 20, keepInstances = 20 } = {}) {
    this.#dir = dir
    this.#maxBytes = maxBytes
    this.#keepInstances = keepInstances
  }

  /** Makes the files of an instance and opens both for appending. */
  async openFor(instance: string, release: ReleaseRef) {
    const dir = join(this.#dir, instance)
    await mkdir(dir, { recursive: true })
    await (await open(join(dir, `release-${release.id}`), 'a')).close()
    return { stdout: await open(join(dir, 'stdout.log'), 'a'), stderr: await open(join(dir, 'stderr.log'), 'a') }
  }

  /** Folders of instances, oldest first. */
  async folders(): Promise<LogFolder[]> {
    const names = await readdir(this.#dir).catch(() => [])
    const folders = await Promise.all(
      names.map(async (instance) => {
        const dir = join(this.#dir, instance)
        const marker = (await readdir(dir).catch(() => [])).find((name) => name.startsWith('release-'))
        const born = (await stat(join(dir, marker ?? '')).catch(() => null))?.mtimeMs ?? 0
        return { instance, dir, release: marker?.slice('release-'.length) ?? '', born }
      }),
    )
    return folders.toSorted((a, b) => a.born - b.born)
  }

  /** Rotates what has grown too large and forgets the oldest instances that are gone. Run now and then. */
  async tend(alive: ReadonlySet<string>): Promise<void> {
    const folders = await this.folders()
    for (const { dir } of folders) {
      for (const stream of streams) await this.#tendFile(join(dir, `${stream}.log`))
    }
    const gone = folders.filter(({ instance }) => !alive.has(instance))
    for (const { dir } of gone.slice(0, Math.max(gone.length - this.#keepInstances, 0))) {
      for (const stream of streams) this.#growth.delete(join(dir, `${stream}.log`))
      await rm(dir, { recursive: true, force: true })
    }
  }

  /** When the byte at `offset` was written, to about half a second; as far as it is known. */
  timeOf(path: string, offset: number): number | null {
    return this.#growth.get(path)?.find(({ size }) => size > offset)?.at ?? null
  }

  async #tendFile(path: string): Promise<void> {
    const size = (await stat(path).catch(() => null))?.size
    if (size === undefined) return
    const growth = this.#growth.get(path) ?? []
    if (size !== growth.at(-1)?.size) growth.push({ size, at: Date.now() })
    if (growth.length > 500) growth.splice(0, 250)
    this.#growth.set(path, growth)
    if (size <= this.#maxBytes) return
    await copyFile(path, `${path}.1`)
    await truncate(path, 0)
    this.#growth.delete(path)
  }
}

export interface ReadLines {
  lines: { line: string; offset: number }[]
  /** Offset up to which the file was read. */
  end: number
}

/** The last `count` lines of a stream, the rotated part included, and where the file ended. */
export async function lastLines(path: string, count: number): Promise<ReadLines> {
  const now = await readFile(path).catch(() => Buffer.alloc(0))
  const complete = now.subarray(0, now.lastIndexOf(0x0a) + 1)
  const lines = linesOf(complete)
  const older = lines.length < count ? await readFile(`${path}.1`).catch(() => Buffer.alloc(0)) : Buffer.alloc(0)
  const all: ReadLines['lines'] = [...linesOf(older).map(({ line }) => ({ line, offset: -1 })), ...lines]
  return { lines: count > 0 ? all.slice(-count) : [], end: complete.length }
}

/** Whole lines that were appended after `from`; from the beginning where the file was rotated meanwhile. */
export async function linesAfter(path: string, from: number): Promise<ReadLines> {
  const size = (await stat(path).catch(() => null))?.size ?? 0
  const start = size < from ? 0 : from
  if (size === start) return { lines: [], end: start }
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size - start, 1 << 20)), { position: start })
    const read = buffer.subarray(0, bytesRead)
    const whole = bytesRead === 1 << 20 && !read.includes(0x0a) ? read : read.subarray(0, read.lastIndexOf(0x0a) + 1)
    return { lines: linesOf(whole), end: start + whole.length }
  } finally {
    await file.close()
  }
}

function linesOf(bytes: Buffer): ReadLines['lines'] {
  const lines: ReadLines['lines'] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at)
    const stop = end === -1 ? bytes.length : end
    lines.push({ line: bytes.toString('utf8', at, stop), offset: at })
    at = stop + 1
  }
  return lines
}
