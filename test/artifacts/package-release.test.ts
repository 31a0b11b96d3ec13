import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageRelease, releaseRefOf } from '../../src/artifacts/package-release.ts'
import { TidegateError } from '../../src/errors.ts'
import type { ArtifactSource, ReleaseDraft, ReleaseRecord, Workload } from '../../src/spec/model.ts'
import { digestOf, getJson } from '../../src/store/canonical.ts'
import type { ContentStore } from '../../src/store/content-store.ts'
import { type Registry, serveRegistry } from './registry.ts'

class MemoryStore implements ContentStore {
  readonly content = new Map<string, Uint8Array>()
  async put(content: Uint8Array): Promise<string> {
    const digest = digestOf(content)
    this.content.set(digest, content)
    return digest
  }
  async get(digest: string): Promise<Uint8Array> {
    const found = this.content.get(digest)
    if (!found) throw new TidegateError('artifact.missing', { artifact: digest })
    return found
  }
  async has(digest: string): Promise<boolean> {
    return this.content.has(digest)
  }
}

let cacheDir: string
let registry: Registry
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'tidegate-package-'))
  registry = await serveRegistry([
    { name: 'hello-server', version: '1.0.0', dependencies: { bolt: '^1.0.0' } },
    { name: 'bolt', version: '1.0.0' },
  ])
})
afterAll(async () => {
  await registry.close()
  await rm(cacheDir, { recursive: true, force: true })
})

const workload: Workload = {
  command: ['node', 'server.mjs'],
  args: [],
  env: { B: '2', A: '1' },
  secrets: [],
  ports: [],
  resources: {},
  probes: {},
  gracePeriodMs: 30_000,
}
const draft = (artifact: ArtifactSource, changes: Partial<ReleaseDraft> = {}): ReleaseDraft => ({
  service: 'shop',
  version: '1.0.0',
  artifact,
  workload,
  ...changes,
})
const packaged = (from: ReleaseDraft, store: ContentStore) => {
  const registryOptions = { registry: `${registry.url}/`, retry: { retries: 0 } }
  return packageRelease({ draft: from, store, cacheDir, registryOptions })
}

test('an archive that is there becomes a record that is found by its reference', async () => {
  const store = new MemoryStore()
  const digest = await store.put(Buffer.from('an archive'))
  const { ref, record } = await packaged(draft({ kind: 'archive', digest, origin: '/home/someone/shop' }), store)
  expect(ref).toEqual({ id: `1.0.0-${ref.digest.slice(7, 15)}`, version: '1.0.0', digest: ref.digest })
  expect(record).toEqual({
    schema: 1,
    service: 'shop',
    version: '1.0.0',
    artifact: { kind: 'archive', digest },
    workload,
  })
  expect(await getJson<ReleaseRecord>(store, ref.digest)).toEqual(record)
  expect(releaseRefOf(record)).toEqual(ref)
})

test('where files came from and the order of keys change nothing; what runs does', async () => {
  const store = new MemoryStore()
  const digest = await store.put(Buffer.from('an archive'))
  const id = async (changes: Partial<ReleaseDraft>, origin?: string) =>
    (await packaged(draft({ kind: 'archive', digest, origin }, changes), store)).ref.id
  const first = await id({})
  expect(await id({}, '/elsewhere')).toBe(first)
  expect(await id({ workload: { ...workload, env: { A: '1', B: '2' } } })).toBe(first)
  expect(await id({ workload: { ...workload, env: { A: '1', B: '3' } } })).not.toBe(first)
  expect(await id({ version: '1.0.1' })).toMatch(/^1\.0\.1-[0-9a-f]{8}$/)
})

test('an archive that is not there, or is not what its digest says, is refused', async () => {
  const store = new MemoryStore()
  const digest = digestOf('never stored')
  await expect(packaged(draft({ kind: 'archive', digest }), store)).rejects.toMatchObject({ code: 'artifact.missing' })
  store.content.set(digest, Buffer.from('something else'))
  await expect(packaged(draft({ kind: 'archive', digest }), store)).rejects.toMatchObject({ code: 'artifact.corrupt' })
})

test('an npm package is stored as an archive, with what it was made of in the record', async () => {
  const store = new MemoryStore()
  const { ref, record } = await packaged(draft({ kind: 'npm', name: 'hello-server', version: '1.0.0' }), store)
  expect(record.artifact).toMatchObject({
    kind: 'archive',
    provenance: { source: 'npm:hello-server@1.0.0', dependencies: { bolt: expect.stringMatching(/^1\.0\.0 sha512-/) } },
  })
  expect(record.artifact.digest && (await store.has(record.artifact.digest))).toBe(true)
  const again = await packaged(draft({ kind: 'npm', name: 'hello-server', version: '1.0.0' }), new MemoryStore())
  expect(again.ref).toEqual(ref)
})

test('an image is named as it is', async () => {
  const image: ArtifactSource = { kind: 'image', reference: 'example.com/shop:1.0.0' }
  const { record } = await packaged(draft(image), new MemoryStore())
  expect(record.artifact).toEqual(image)
})
