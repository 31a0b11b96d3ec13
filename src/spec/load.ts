import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { checkMerged } from './consistency.ts'
import { readDocument, type SourceDocument } from './document.ts'
import { documentSource, type Layer, merge } from './layers.ts'
import { normalize } from './normalize.ts'
import { inOrder, type Path, type Problem, SpecError } from './problems.ts'
import { type Overlay, overlaySchema, type ServiceSpec, specSchema, workloadOnly } from './schema.ts'
import { at, check, without } from './zod-problems.ts'

/** File names that are looked for, in this order. */
export const specFiles = [
  'tidegate.yaml',
  'tidegate.yml',
  'tidegate.json',
  'tidegate.ts',
  'tidegate.js',
  'tidegate.mjs',
]

/** A spec that was read and is right in itself; `resolve` says what it means in an environment. */
export interface LoadedSpec {
  /** As messages name it. */
  file: string
  /** Absolute folder of the file. */
  directory: string
  spec: ServiceSpec
  base: Layer
  overlays: Readonly<Record<string, Layer>>
  /** Version of the `package.json` beside the file. */
  packageVersion: string | null
}

/**
 * Reads a service's spec and finds everything that is wrong with it, in all its environments.
 * @throws SpecError with every problem; code `spec.not-found` where there is no file
 */
export async function loadSpec(options: { file?: string; cwd?: string } = {}): Promise<LoadedSpec> {
  const cwd = options.cwd ?? process.cwd()
  const file = options.file ?? specFiles.find((name) => existsSync(join(cwd, name)))
  if (file === undefined || !existsSync(resolve(cwd, file))) {
    const name = file ?? 'tidegate.yaml'
    throw new SpecError(
      name,
      [{ file: name, path: '(root)', found: 'no such file', expected: 'a spec' }],
      'spec.not-found',
    )
  }
  return specOf(await readDocument(file, cwd))
}

/** The same for a document that is at hand already. @throws SpecError */
export function specOf(document: SourceDocument): LoadedSpec {
  const unreadable = document.problems.length > 0 && document.value === undefined
  if (unreadable) throw new SpecError(document.file, document.problems)

  const checked = check(specSchema, { document, misplaced })
  const problems = [...document.problems, ...checked.problems]
  const rest = without(document.value, checked.broken)
  const layers = layersOf(document, rest)
  problems.push(...layers.problems)
  const portsBroken = checked.broken.some((path) => path.includes('port') || path.includes('ports'))
  for (const overlay of [null, ...Object.values(layers.overlays)]) {
    const merged = merge(overlay === null ? [layers.base] : [layers.base, overlay])
    problems.push(...checkMerged(merged, { portsBroken }))
  }
  if (problems.length > 0) throw new SpecError(document.file, inOrder(problems))
  return {
    file: document.file,
    directory: document.directory,
    spec: checked.value as ServiceSpec,
    base: layers.base,
    overlays: layers.overlays,
    packageVersion: packageVersion(document.directory),
  }
}

function layersOf(document: SourceDocument, value: unknown) {
  const problems: Problem[] = []
  const layer = (inner: unknown, path: Path, name?: string): Layer => {
    const source = documentSource(document, name)
    const parsed = overlaySchema.safeParse(inner ?? {})
    // What does not hold together without its broken part was reported with that part.
    if (!parsed.success) return { source, entries: [] }
    const normal = normalize(parsed.data as Overlay, path, source)
    problems.push(...normal.problems)
    return { source, entries: normal.entries }
  }
  const own = without(value, [['service'], ['$schema'], ['environments']])
  const base = layer(own, [])
  const environments = at(value, ['environments'])
  const overlays = Object.fromEntries(
    Object.entries(environments !== null && typeof environments === 'object' ? environments : {}).map(
      ([name, overlay]) => [name, layer(overlay, ['environments', name], `environments.${name}`)],
    ),
  )
  return { base, overlays, problems }
}

/** Keys that are known, but one level down. */
function misplaced(path: Path, key: string): string | undefined {
  const top = path.length === 0 || (path.length === 2 && path[0] === 'environments')
  return top && workloadOnly.includes(key) ? `workload.${key}` : undefined
}

function packageVersion(directory: string): string | null {
  try {
    const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version?: unknown }
    return typeof version === 'string' ? version : null
  } catch {
    return null
  }
}
