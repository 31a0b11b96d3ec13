import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, extname, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { Path, Problem } from './problems.ts'

export interface Place {
  line: number
  column: number
}

/** A file as it was read: its plain value, and where in it each value stands. */
export interface SourceDocument {
  /** As messages name it: from the working directory. */
  file: string
  /** Absolute folder of the file; relative paths in it start here. */
  directory: string
  value: unknown
  /** Of the value at a path, or of the nearest thing around it; of the key itself with `key`. */
  locate(path: Path, what?: 'key'): Place | undefined
  /** What kept the file from being read in full. */
  problems: Problem[]
}

/** No spec that a person wrote is longer (bytes). */
export const largestFile = 1024 * 1024

const modules = new Set(['.ts', '.mts', '.js', '.mjs'])

/** Reads YAML, JSON (with places) or the default export of TypeScript or JavaScript. Never throws. */
export async function readDocument(file: string, cwd = process.cwd()): Promise<SourceDocument> {
  const absolute = resolve(cwd, file)
  const near = relative(cwd, absolute)
  const name = near === '' || near.startsWith('..') ? file : near
  const at = { file: name, directory: dirname(absolute) }
  const failed = (found: string, expected: string): SourceDocument => ({
    ...at,
    value: undefined,
    locate: () => undefined,
    problems: [{ file: name, path: '(root)', found, expected }],
  })

  let bytes: Uint8Array
  try {
    const stat = statSync(absolute)
    if (!stat.isFile()) return failed('a folder', 'a file')
    if (stat.size > largestFile) return failed(`a file of ${stat.size} bytes`, `one of at most ${largestFile}`)
    bytes = readFileSync(absolute)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return failed(code === 'ENOENT' ? 'no such file' : `a file that can't be read (${code})`, basename(name))
  }

  if (modules.has(extname(absolute))) {
    try {
      const loaded = (await import(/* @vite-ignore */ addressOf(absolute))) as { default?: unknown }
      if (loaded.default === undefined) return failed('no default export', 'the spec as its default export')
      const value = plain(loaded.default)
      return { ...at, value, locate: () => undefined, problems: [] }
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      return failed(
        `an error while it was loaded: ${said.split('\n')[0]}`,
        'a module whose default export is plain data',
      )
    }
  }

  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return failed('binary data', 'text in UTF-8')
  }
  return { ...at, ...parseText(text, name) }
}

const firstRead = new Map<string, number>()

/** Of a module; with the time of its change once it was read before, so that the cache does not answer for it. */
function addressOf(absolute: string): string {
  const changed = statSync(absolute).mtimeMs
  const first = firstRead.get(absolute) ?? changed
  firstRead.set(absolute, first)
  const { href } = pathToFileURL(absolute)
  return first === changed ? href : `${href}?changed=${changed}`
}

/** Parses YAML or JSON. Broken syntax is among the problems, each with its place. */
export function parseText(text: string, file: string): Omit<SourceDocument, 'directory'> {
  const counter = new LineCounter()
  const nothing = { file, value: undefined, locate: () => undefined }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0008\u000e-\u001f]/.test(text)) {
    return { ...nothing, problems: [{ file, path: '(root)', found: 'binary data', expected: 'text in UTF-8' }] }
  }
  let document: ReturnType<typeof parseDocument>
  try {
    document = parseDocument(text, {
      lineCounter: counter,
      prettyErrors: false,
      merge: true,
      strict: true,
      logLevel: 'error',
    })
  } catch (error) {
    return { ...nothing, problems: [unreadable(file, error)] }
  }
  const place = (offset: number): Place => {
    const { line, col } = counter.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const problems = document.errors.map((error): Problem => {
    const known = said[error.code]
    const key = error.code === 'DUPLICATE_KEY' ? /^[\w$-]{1,60}/.exec(text.slice(error.pos[0]))?.[0] : undefined
    return {
      file,
      ...place(error.pos[0]),
      path: key ?? '(root)',
      found: known?.found ?? `broken YAML (${error.message.split('\n')[0]})`,
      expected: known?.expected ?? 'valid YAML',
    }
  })
  if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return { ...nothing, problems }
  const locate = (path: Path, what?: 'key') => {
    const offset = offsetOf(document.contents as Node | null, path, what)
    return offset === undefined ? { line: 1, column: 1 } : place(offset)
  }
  try {
    const value: unknown = plain(document.toJS({ maxAliasCount: 100 }))
    return { file, value, locate, problems }
  } catch (error) {
    return { ...nothing, problems: [...problems, unreadable(file, error)] }
  }
}

const said: Readonly<Record<string, { found: string; expected: string }>> = {
  DUPLICATE_KEY: { found: 'the same key twice', expected: 'each key once' },
  MULTIPLE_DOCS: { found: 'several documents', expected: 'one document in a file' },
  TAB_AS_INDENT: { found: 'a tab as indentation', expected: 'spaces' },
}

const unreadable = (file: string, error: unknown): Problem => ({
  file,
  path: '(root)',
  found: `YAML that can't be read (${error instanceof Error ? error.message.split('\n')[0] : 'unknown'})`,
  expected: 'plain values',
})

/** Where a path's value (or key) begins; where it is absent, the nearest thing around it. */
function offsetOf(root: Node | null, path: Path, what?: 'key'): number | undefined {
  let node: Node | null = root
  let offset = node?.range?.[0]
  for (const [index, part] of path.entries()) {
    const last = index === path.length - 1
    if (isMap(node)) {
      const pair = node.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === String(part))
      if (pair === undefined) break
      const key = (pair.key as Node | null)?.range?.[0]
      const value = pair.value as Node | null
      // A block begins on the line after its key; people look for the key.
      const block = (isMap(value) || isSeq(value)) && value.flow !== true
      offset = (last && what === 'key') || block || value === null ? key : (value.range?.[0] ?? key)
      node = value
    } else if (isSeq(node)) {
      const item = node.items[Number(part)] as Node | undefined
      if (item === undefined) break
      offset = item.range?.[0] ?? offset
      node = item
    } else break
  }
  return offset
}

/** A copy that is a tree of plain values. @throws where it has a cycle, a function, or a key that no spec has. */
function plain(value: unknown, depth = 0): unknown {
  if (depth > 60) throw new Error('nested too deeply, or in a circle')
  if (typeof value === 'function' || typeof value === 'symbol') throw new Error(`a ${typeof value} among the values`)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1))
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  if (Object.hasOwn(value, '__proto__')) throw new Error('the key "__proto__"')
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner, depth + 1)]))
}
