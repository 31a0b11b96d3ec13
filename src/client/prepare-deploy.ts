/** From a resolved spec to a request: bodies go to the content store before `deploy` is sent. */
import { readFile } from 'node:fs/promises'
import ssri from 'ssri'
import { request } from 'undici'
import { packDirectory } from '../artifacts/archive.ts'
import { TidegateError } from '../errors.ts'
import type { ArtifactRequest, ArtifactSource, Plan, ReleaseDraft, ResolvedSpec, Target } from '../spec/index.ts'
import { putJson } from '../store/canonical.ts'
import type { ContentStore } from '../store/content-store.ts'

/** What `deploy` needs beside who asks for it. */
export interface PreparedDeploy {
  target: Target
  version: string
  /** Digest of the draft in the store. */
  draft: string
  plan: Plan
}

/** Packs what has to be packed, stores it and the draft, and names both by digest. */
export async function prepareDeploy(resolved: ResolvedSpec, store: ContentStore): Promise<PreparedDeploy> {
  const { target, version, workload, plan } = resolved
  const artifact = await sourceOf(resolved.artifact, store)
  const draft: ReleaseDraft = { service: target.service, version, artifact, workload }
  return { target, version, draft: await putJson(store, draft), plan }
}

async function sourceOf(artifact: ArtifactRequest, store: ContentStore): Promise<ArtifactSource> {
  switch (artifact.kind) {
    case 'path': {
      const archive = await packDirectory(artifact.path, { exclude: artifact.exclude })
      return { kind: 'archive', digest: await store.put(archive) }
    }
    case 'archive': {
      const content = 'path' in artifact ? await readFile(artifact.path) : await download(artifact.url)
      const origin = 'path' in artifact ? artifact.path : artifact.url
      checkIntegrity(content, artifact.integrity, origin)
      return { kind: 'archive', digest: await store.put(content), ...('url' in artifact ? { origin } : {}) }
    }
    case 'npm':
    case 'image':
      return artifact
    case 'manifests':
      throw new TidegateError('artifact.unsupported', {
        platform: 'this build',
        kind: 'manifests',
        takes: 'path, archive, npm',
      })
  }
}

async function download(url: string): Promise<Uint8Array> {
  const unavailable = (detail: string) => new TidegateError('artifact.unavailable', { artifact: url, detail })
  const answer = await request(url, { headersTimeout: 30_000 }).catch((error: Error) => {
    throw unavailable(error.message)
  })
  if (answer.statusCode !== 200) throw unavailable(`it answered ${answer.statusCode}`)
  return new Uint8Array(await answer.body.arrayBuffer())
}

function checkIntegrity(content: Uint8Array, integrity: string | undefined, artifact: string): void {
  if (integrity === undefined || ssri.checkData(Buffer.from(content), integrity)) return
  const actual = ssri.fromData(Buffer.from(content)).toString()
  throw new TidegateError('artifact.corrupt', { artifact, expected: integrity, actual })
}
