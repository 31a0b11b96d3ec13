/** Where the release's files come from, as the client needs it. Pure. */
import { resolve } from 'node:path'
import type { Leaf, Leaves } from './layers.ts'
import type { ArtifactKind } from './model.ts'
import type { Problem } from './problems.ts'
import { type FoundVersion, parseImage, parseNpm } from './version.ts'

/** What is to be packed, fetched or referred to. Paths are absolute. */
export type ArtifactRequest =
  | { kind: 'path'; path: string; exclude: string[] }
  | { kind: 'archive'; path: string; integrity?: string }
  | { kind: 'archive'; url: string; integrity?: string }
  | { kind: 'npm'; name: string; version: string }
  | { kind: 'image'; reference: string }
  | { kind: 'manifests'; paths: string[]; workload?: string }

type Built = { artifact: ArtifactRequest; problems: Problem[] }

/** Takes leaves that have `artifact.kind`. A `--version` chooses the npm package's version and the image's tag. */
export function buildArtifact(leaves: Leaves, found: FoundVersion): Built {
  const kind = leaves.get('artifact.kind')?.value as ArtifactKind
  const leaf = leaves.get(`artifact.${kind}`) as Leaf
  const text = String(leaf.value)
  const built = (artifact: ArtifactRequest, problems: Problem[] = []): Built => ({ artifact, problems })
  const inPlace = (path: string) => resolve(leaf.source.directory, path)
  const integrity = leaves.get('artifact.integrity')?.value
  const checked = typeof integrity === 'string' ? { integrity } : {}
  const byFlag = found.from === '--version'

  switch (kind) {
    case 'path':
      return built({
        kind,
        path: inPlace(text),
        exclude: [...((leaves.get('artifact.exclude')?.value as string[] | undefined) ?? [])],
      })
    case 'archive':
      if (/^https?:\/\//.test(text)) return built({ kind, url: text, ...checked })
      return built({ kind, path: inPlace(text), ...checked })
    case 'npm': {
      const { name, version } = parseNpm(text)
      const clash = version !== undefined && version !== found.version && !byFlag
      const expected = `${name}@${found.version}, since the version is ${found.version} (${found.from})`
      return built(
        { kind, name, version: found.version },
        clash ? [leaf.source.problem(leaf.at, expected, leaf.value)] : [],
      )
    }
    case 'image': {
      const { name, tag, digest } = parseImage(text)
      const given = leaf.source.from(leaf.at) === '--image'
      if (digest !== undefined || (tag !== undefined && !(byFlag && !given))) return built({ kind, reference: text })
      return built({ kind, reference: `${name}:${found.version}` })
    }
    case 'manifests': {
      const list = (Array.isArray(leaf.value) ? leaf.value : [leaf.value]) as string[]
      const workload = leaves.get('artifact.workload')?.value
      return built({ kind, paths: list.map(inPlace), ...(typeof workload === 'string' && { workload }) })
    }
  }
}
