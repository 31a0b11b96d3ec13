import { TidegateError } from '../errors.ts'
import type { ArtifactSource, PackagedArtifact, ReleaseDraft, ReleaseRecord, ReleaseRef } from '../spec/model.ts'
import { canonicalJson, digestOf, putJson } from '../store/canonical.ts'
import type { ContentStore } from '../store/content-store.ts'
import { fetchNpmPackage, type NpmFetchOptions } from './npm.ts'

export interface PackageOptions extends NpmFetchOptions {
  draft: ReleaseDraft
  store: ContentStore
}

/**
 * Turns a draft into the immutable record of a release: fetches what is named by address, checks that what is named
 * by digest is there, and stores the record. The same draft and the same content give the same reference.
 * @throws `artifact.missing`, `artifact.corrupt`, and what fetching throws
 */
export async function packageRelease(options: PackageOptions): Promise<{ ref: ReleaseRef; record: ReleaseRecord }> {
  const { draft, store } = options
  const record: ReleaseRecord = {
    schema: 1,
    service: draft.service,
    version: draft.version,
    artifact: await packaged(draft.artifact, options),
    workload: draft.workload,
  }
  const ref = releaseRefOf(record)
  await putJson(store, record)
  return { ref, record }
}

/** The name of a release: its version, and the first eight hex digits of its record's digest. Pure. */
export function releaseRefOf(record: ReleaseRecord): ReleaseRef {
  const digest = digestOf(canonicalJson(record))
  const { version } = record
  return { id: `${version}-${digest.slice('sha256:'.length, 'sha256:'.length + 8)}`, version, digest }
}

async function packaged(source: ArtifactSource, options: PackageOptions): Promise<PackagedArtifact> {
  switch (source.kind) {
    case 'archive':
      await checked(source.digest, options.store)
      return { kind: 'archive', digest: source.digest }
    case 'npm': {
      const { archive, provenance } = await fetchNpmPackage(source, options)
      return { kind: 'archive', digest: await options.store.put(archive), provenance }
    }
    case 'manifests':
      await checked(source.digest, options.store)
      return source
    case 'image':
      return source
  }
}

async function checked(digest: string, store: ContentStore): Promise<void> {
  const actual = digestOf(await store.get(digest))
  if (actual !== digest) throw new TidegateError('artifact.corrupt', { artifact: digest, expected: digest, actual })
}
