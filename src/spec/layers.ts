import type { SourceDocument } from './document.ts'
import { describe, formatPath, type Path, type Problem } from './problems.ts'

/** Who says a value: a file, an overlay in it, a flag, the defaults. */
export interface Source {
  /** Absolute folder from which relative paths of this source start. */
  directory: string
  /** For `Origin.from`: `tidegate.yaml:12`, `environments.production (tidegate.yaml:30)`, `--image`. */
  from(at: Path): string
  /** A problem at a place of this source. `value` is what stands there. */
  problem(at: Path, expected: string, value?: unknown): Problem
}

/** One thing that a layer says, about a value of the normal form. */
export type Entry =
  | { path: string; value: unknown; at: Path }
  /** Removes what earlier layers said about the path and all below it. */
  | { path: string; remove: true; at: Path }

export interface Layer {
  source: Source
  entries: Entry[]
}

/** A value of the normal form, and who said it. */
export interface Leaf {
  value: unknown
  at: Path
  source: Source
}

export type Leaves = Map<string, Leaf>

/** Paths whose change makes what stood beside them meaningless: another strategy, another kind of artifact. */
const heads: Readonly<Record<string, string>> = { 'strategy.name': 'strategy', 'artifact.kind': 'artifact' }

/** Later layers win, value by value. */
export function merge(layers: readonly Layer[]): Leaves {
  const leaves: Leaves = new Map()
  for (const { source, entries } of layers) {
    for (const entry of entries) {
      if ('remove' in entry) {
        removeBelow(leaves, entry.path)
        continue
      }
      const head = heads[entry.path]
      const before = leaves.get(entry.path)
      if (head !== undefined && before !== undefined && before.value !== entry.value) removeBelow(leaves, head)
      leaves.set(entry.path, { value: entry.value, at: entry.at, source })
    }
  }
  return leaves
}

function removeBelow(leaves: Leaves, path: string): void {
  for (const key of [...leaves.keys()]) if (key === path || key.startsWith(`${path}.`)) leaves.delete(key)
}

/** Names and leaves below a path: `workload.env` → `LOG_LEVEL`, … */
export function below(leaves: Leaves, path: string): [string, Leaf][] {
  return [...leaves].flatMap(([key, leaf]) =>
    key.startsWith(`${path}.`) ? [[key.slice(path.length + 1), leaf] as [string, Leaf]] : [],
  )
}

/** A source that is a document, or a part of it. `name` stands before its places: `environments.production`. */
export function documentSource(document: Pick<SourceDocument, 'file' | 'directory' | 'locate'>, name?: string): Source {
  const place = (at: Path) => {
    const found = document.locate(at)
    return found === undefined ? document.file : `${document.file}:${found.line}`
  }
  return {
    directory: document.directory,
    from: (at) => (name === undefined ? place(at) : `${name} (${place(at)})`),
    problem: (at, expected, value) => ({
      file: document.file,
      ...document.locate(at),
      path: formatPath(at),
      found: describe(value, at),
      expected,
    }),
  }
}

/** A source without a file: a flag, a default. */
export function namedSource(name: string, directory: string): Source {
  return {
    directory,
    from: () => name,
    problem: (at, expected, value) => ({
      file: name.startsWith('--') ? 'command line' : name,
      path: name.startsWith('--') ? name : formatPath(at),
      found: describe(value, at),
      expected,
    }),
  }
}
