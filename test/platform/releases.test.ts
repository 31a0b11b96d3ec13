import { access, lstat, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create } from 'tar'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Releases, removeTree } from '../../src/platforms/local/agent/releases.ts'
import type { ReleaseRef } from '../../src/spec/model.ts'
import { putJson } from '../../src/store/canonical.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { packed } from './service.ts'

let dir: string
let store: FileStore
let releases: Releases
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidegate-releases-'))
  store = new FileStore(join(dir, 'store'))
  releases = new Releases(join(dir, 'releases'), store)
})
afterEach(() => removeTree(dir))

async function released(artifact: object): Promise<ReleaseRef> {
  const digest = await putJson(store, { schema: 1, service: 'shop', version: '1.0.0', artifact, workload: {} })
  return { id: '1.0.0-x', version: '1.0.0', digest }
}

test('an archive is unpacked once, whole and read-only, however often it is asked for', async () => {
  const content = await packed({ 'a.txt': 'a', 'link.txt': '-> a.txt' })
  const release = await released({ kind: 'archive', digest: await store.put(content) })
  const [one, two] = await Promise.all([releases.unpacked(release), releases.unpacked(release)])
  expect(two).toBe(one)
  expect(await readFile(join(one, 'link.txt'), 'utf8')).toBe('a')
  for (const path of [one, join(one, 'a.txt')]) expect((await lstat(path)).mode & 0o222).toBe(0)
  expect(await readdir(join(dir, 'releases'))).toHaveLength(1)
})

test('nothing of an archive leads out of its folder', async () => {
  const root = join(dir, 'root', 'inner')
  await mkdir(root, { recursive: true })
  await writeFile(join(dir, 'root', 'outside.txt'), 'from outside')
  await writeFile(join(root, 'fine.txt'), 'fine')
  await symlink('/etc/hostname', join(root, 'absolute'))
  await symlink('../outside.txt', join(root, 'upwards'))
  const names = ['fine.txt', 'absolute', 'upwards', '../outside.txt']
  const chunks: Buffer[] = []
  for await (const chunk of create({ cwd: root, gzip: true, preservePaths: true }, names)) chunks.push(chunk as Buffer)
  const release = await released({ kind: 'archive', digest: await store.put(Buffer.concat(chunks)) })
  const unpacked = await releases.unpacked(release)
  expect(await readdir(unpacked)).toEqual(['fine.txt'])
  await expect(access(join(dir, 'releases', 'outside.txt'))).rejects.toThrow('ENOENT')
})

test('what is no archive is refused with what would do', async () => {
  const release = await released({ kind: 'image', reference: 'shop:1' })
  await expect(releases.unpacked(release)).rejects.toMatchObject({ code: 'artifact.unsupported' })
})

test('an archive that is damaged, or no archive at all, leaves nothing half unpacked', async () => {
  const content = await packed({ 'a.txt': 'a'.repeat(100_000) })
  const half = await released({ kind: 'archive', digest: await store.put(content.subarray(0, content.length >> 1)) })
  await expect(releases.unpacked(half)).rejects.toMatchObject({ code: 'artifact.corrupt' })
  const text = await released({ kind: 'archive', digest: await store.put(Buffer.from('not an archive')) })
  await expect(releases.unpacked(text)).rejects.toMatchObject({ code: 'artifact.corrupt' })
  expect(await readdir(join(dir, 'releases'))).toEqual([])
})
