import type { SourceDocument } from './document.ts'
import { type Layer, namedSource } from './layers.ts'
import { normalize } from './normalize.ts'
import type { Problem } from './problems.ts'
import { type Overlay, overlaySchema } from './schema.ts'
import { artifactKinds } from './schema-artifact.ts'
import { check } from './zod-problems.ts'

/** What one deployment changes without editing a file. Texts are as on the command line. */
export interface Overrides {
  version?: string
  image?: string
  /** `3`, `3..20`. */
  replicas?: string | number
  /** By name, or in full. */
  strategy?: Overlay['strategy']
  /** `./dir`, `npm:http-server@14.1.1`, `image:…`, `archive:…`, `path:…`, or in full. */
  artifact?: Overlay['artifact']
  /** Anything else of the spec. */
  set?: Overlay
}

/** A layer a flag, so that each value's origin names its flag. Problems name the flag too. */
export function overrideLayers(overrides: Overrides, cwd: string): { layers: Layer[]; problems: Problem[] } {
  const said: [string, Overlay | undefined][] = [
    ['--set', overrides.set],
    ['--artifact', overrides.artifact === undefined ? undefined : { artifact: artifactOf(overrides.artifact) }],
    ['--image', overrides.image === undefined ? undefined : { artifact: { image: overrides.image } }],
    ['--replicas', overrides.replicas === undefined ? undefined : { replicas: replicasOf(overrides.replicas) }],
    ['--strategy', overrides.strategy === undefined ? undefined : { strategy: overrides.strategy }],
    ['--version', overrides.version === undefined ? undefined : { version: overrides.version }],
  ]
  const problems: Problem[] = []
  const layers = said.flatMap(([flag, value]): Layer[] => {
    if (value === undefined) return []
    const document: Pick<SourceDocument, 'file' | 'locate' | 'value'> = {
      file: 'command line',
      locate: () => undefined,
      value,
    }
    const checked = check(overlaySchema, { document })
    if (checked.value === null) {
      problems.push(...checked.problems.map((problem) => ({ ...problem, path: flag })))
      return []
    }
    const source = namedSource(flag, cwd)
    const normal = normalize(checked.value, [], source)
    problems.push(...normal.problems)
    return [{ source, entries: normal.entries }]
  })
  return { layers, problems }
}

function replicasOf(value: string | number): string | number {
  return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : value
}

function artifactOf(value: NonNullable<Overlay['artifact']> | null): Overlay['artifact'] {
  if (typeof value !== 'string') return value
  const [kind, rest] = [value.slice(0, value.indexOf(':')), value.slice(value.indexOf(':') + 1)]
  const known = artifactKinds.find((name) => name === kind)
  return known === undefined ? value : { [known]: rest }
}
