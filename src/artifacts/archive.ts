import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import ignore from 'ignore'
import { TidegateError } from '../errors.ts'
import { type TarEntry, tarball } from './tarball.ts'

export interface PackOptions {
  /** Patterns as in .gitignore, added to those of the directory's own `.tidegateignore`. */
  exclude?: readonly string[]
  /** Most bytes of files, before compression. */
  maxBytes?: number
}

export const ignoreFile = '.tidegateignore'
const always = ['.git', '.tidegate']
const defaultMaxBytes = 256 * 1024 * 1024

/**
 * Packs a directory into a `.tar.gz` that depends on names, contents and executable bits alone: not on times,
 * owners, the order of the file system or the machine.
 * @throws `input.invalid` for what is not a directory, holds a link that leads outside, or a socket or device
 * @throws `input.too-large` when the files exceed `maxBytes`
 */
export async function packDirectory(directory: string, options: PackOptions = {}): Promise<Uint8Array> {
  const root = await realpath(directory).catch(() => directory)
  const isDirectory = await lstat(root).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isDirectory) throw refused(`${directory} is not a directory`, 'Name a directory that exists.')
  const own = await readFile(join(root, ignoreFile), 'utf8').catch(() => '')
  const left = ignore()
    .add(always)
    .add(own)
    .add([...(options.exclude ?? [])])
  const entries = await walk(root, root, (path) => !left.ignores(path), new Budget(directory, options.maxBytes))
  entries.sort((a, b) => (a.path < b.path ? -1 : 1))
  return tarball(entries)
}

/** Counts bytes while they are read, so that a wrong directory is refused before it fills the memory. */
class Budget {
  readonly what: string
  readonly limit: number
  used = 0

  constructor(what: string, limit = defaultMaxBytes) {
    this.what = what
    this.limit = limit
  }

  take(bytes: number): void {
    this.used += bytes
    if (this.used <= this.limit) return
    throw new TidegateError('input.too-large', {
      what: this.what,
      size: `more than ${megabytes(this.limit)}`,
      limit: megabytes(this.limit),
      remedy: `Leave out what is not needed to run it, in ${ignoreFile} or with \`artifact.exclude\`.`,
    })
  }
}

const megabytes = (bytes: number) => `${Math.round((bytes / 1024 / 1024) * 10) / 10} MiB`

async function walk(
  root: string,
  directory: string,
  wanted: (path: string) => boolean,
  budget: Budget,
): Promise<TarEntry[]> {
  const entries: TarEntry[] = []
  for (const found of await readdir(directory, { withFileTypes: true })) {
    const full = join(directory, found.name)
    const path = relative(root, full).split(sep).join('/')
    if (!wanted(found.isDirectory() ? `${path}/` : path)) continue
    if (found.isDirectory()) {
      entries.push({ kind: 'directory', path }, ...(await walk(root, full, wanted, budget)))
    } else if (found.isSymbolicLink()) {
      entries.push({ kind: 'link', path, target: await linkWithin(root, full, path) })
    } else if (found.isFile()) {
      const { mode, size } = await lstat(full)
      budget.take(size)
      entries.push({ kind: 'file', path, executable: (mode & 0o100) !== 0, content: await readFile(full) })
    } else {
      throw refused(`${path} is neither a file, a directory nor a link`, `Leave it out in ${ignoreFile}.`)
    }
  }
  return entries
}

/** Where a link leads, as written. Its target must be in the archive's directory wherever that is unpacked. */
async function linkWithin(root: string, full: string, path: string): Promise<string> {
  const target = await readlink(full)
  const lexical = resolve(dirname(full), target)
  const actual = await realpath(full).catch(() => lexical)
  const inside = (place: string) => place === root || place.startsWith(root + sep)
  if (isAbsolute(target) || !inside(lexical) || !inside(actual)) {
    throw refused(
      `The link ${path} leads outside of the directory, to ${target}`,
      `Replace it with what it points at, or leave it out in ${ignoreFile}.`,
    )
  }
  return target.split(sep).join('/')
}

const refused = (detail: string, remedy: string) => new TidegateError('input.invalid', { detail, remedy })
