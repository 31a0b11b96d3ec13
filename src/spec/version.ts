/** Which version a deployment is of, and what that makes of its artifact. Pure. */
import semver from 'semver'
import type { Leaf, Leaves } from './layers.ts'
import { imagePattern, npmPattern } from './schema-artifact.ts'

export interface FoundVersion {
  version: string
  from: string
}

/** A tag's version, where it is one: `1.8.0`, `v1.8.0`. */
export function versionOfTag(tag: string | undefined): string | null {
  return tag === undefined ? null : semver.valid(tag)
}

/** The parts of an image reference. */
export function parseImage(reference: string): { name: string; tag?: string; digest?: string } {
  const [, name, tag, digest] = imagePattern.exec(reference) ?? []
  return { name: name ?? reference, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) }
}

/** The parts of `name@1.2.3`; the version may be absent. */
export function parseNpm(text: string): { name: string; version?: string } {
  const [, name, version] = npmPattern.exec(text) ?? []
  return { name: name ?? text, ...(version !== undefined && { version }) }
}

/**
 * In this order: `--version`, the tag of `--image`, `version:`, the version that the artifact names (npm, a tag that
 * is a version), and `package.json` beside the spec. Null where nobody says.
 */
export function findVersion(leaves: Leaves, packageVersion: string | null): FoundVersion | null {
  const said = leaves.get('version')
  const image = leaves.get('artifact.image')
  const npm = leaves.get('artifact.npm')
  const from = (leaf: Leaf) => leaf.source.from(leaf.at)
  const tagged = image === undefined ? null : versionOfTag(parseImage(String(image.value)).tag)

  const byFlag = said !== undefined && from(said) === '--version'
  if (image !== undefined && from(image) === '--image' && tagged !== null && !byFlag) {
    return { version: tagged, from: '--image' }
  }
  if (said !== undefined) return { version: String(said.value), from: from(said) }
  const ofPackage = npm === undefined ? undefined : parseNpm(String(npm.value)).version
  if (npm !== undefined && ofPackage !== undefined) return { version: ofPackage, from: from(npm) }
  if (image !== undefined && tagged !== null) return { version: tagged, from: from(image) }
  const valid = packageVersion === null ? null : semver.valid(packageVersion)
  return valid === null ? null : { version: valid, from: 'package.json' }
}
