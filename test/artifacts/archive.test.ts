import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { list } from 'tar'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packDirectory } from '../../src/artifacts/archive.ts'
import { digestOf } from '../../src/store/canonical.ts'

let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'tidegate-archive-'))
})
afterAll(() => rm(base, { recursive: true, force: true }))

async function directory(name: string, files: Record<string, string>, order = Object.keys(files)): Promise<string> {
  const dir = join(base, name)
  for (const path of order) {
    await mkdir(join(dir, path, '..'), { recursive: true })
    await writeFile(join(dir, path), files[path] ?? '')
  }
  return dir
}

/** Path → type and mode, as a third party's reader of archives sees them. */
async function contents(archive: Uint8Array): Promise<Record<string, string>> {
  const seen: Record<string, string> = {}
  const parser = list({
    onReadEntry: (entry) =>
      (seen[entry.path] = `${entry.type} ${entry.mode?.toString(8)} ${entry.linkpath ?? ''}`.trim()),
  })
  const done = new Promise((resolve, reject) => parser.on('end', resolve).on('error', reject))
  parser.end(Buffer.from(archive))
  await done
  return seen
}

const files = {
  'b.txt': 'b',
  'a/deep/one.txt': 'one',
  'a.txt': 'a',
  'run.sh': '#!/bin/sh\n',
  [`${'long'.repeat(40)}/name.txt`]: 'x',
}

test('the same files give the same bytes, whatever their times, owners and order of creation', async () => {
  const one = await directory('one', files)
  const two = await directory('two', files, Object.keys(files).reverse())
  await utimes(join(two, 'b.txt'), 1, 1)
  await utimes(join(two, 'a'), 1_000_000, 1_000_000)
  await chmod(join(two, 'b.txt'), 0o600)
  expect(digestOf(await packDirectory(one))).toBe(digestOf(await packDirectory(two)))
})

test('the bytes are those that every machine gets', async () => {
  const dir = await directory('golden', { 'index.mjs': `console.log('hello')\n`.repeat(50) })
  expect(digestOf(await packDirectory(dir))).toBe(
    'sha256:d9ff49b949f492ad2b4281e6d8a90bfa5f48e83a521628cf6ce35c588b067269',
  )
})

test('a changed byte, name or executable bit changes the digest', async () => {
  const digests = new Set<string>()
  digests.add(digestOf(await packDirectory(await directory('base', { 'a.txt': 'a' }))))
  digests.add(digestOf(await packDirectory(await directory('content', { 'a.txt': 'A' }))))
  digests.add(digestOf(await packDirectory(await directory('name', { 'b.txt': 'a' }))))
  const executable = await directory('executable', { 'a.txt': 'a' })
  await chmod(join(executable, 'a.txt'), 0o755)
  digests.add(digestOf(await packDirectory(executable)))
  expect(digests.size).toBe(4)
})

test('an archive can be read by others, with executable bits, long names, links and empty directories', async () => {
  const dir = await directory('readable', files)
  await chmod(join(dir, 'run.sh'), 0o755)
  await symlink('a/deep/one.txt', join(dir, 'link'))
  await mkdir(join(dir, 'empty'))
  const seen = await contents(await packDirectory(dir))
  expect(seen).toMatchObject({
    'run.sh': 'File 755',
    'b.txt': 'File 644',
    link: 'SymbolicLink 755 a/deep/one.txt',
    'empty/': 'Directory 755',
    [`${'long'.repeat(40)}/name.txt`]: 'File 644',
  })
})

test('.git and .tidegate are left out, then what is excluded, and nothing else', async () => {
  const dir = await directory('excluded', {
    '.git/HEAD': '',
    'sub/.git/HEAD': '',
    '.tidegate/agent/token': '',
    '.tidegateignore': '*.log\n/build/\n!keep.log\n',
    'app.log': '',
    'keep.log': '',
    'build/out.js': '',
    'src/build/in.js': '',
    'node_modules/x/index.js': '',
    '.env': '',
    'notes.md': '',
  })
  const seen = Object.keys(await contents(await packDirectory(dir, { exclude: ['*.md'] })))
  expect(seen.filter((path) => !path.endsWith('/'))).toEqual([
    '.env',
    '.tidegateignore',
    'keep.log',
    'node_modules/x/index.js',
    'src/build/in.js',
  ])
})

test.each([
  ['an absolute path', '/etc/hostname'],
  ['a path above the directory', '../outside.txt'],
])('a link to %s is refused', async (name, target) => {
  const dir = await directory(`link-${name.length}`, { 'a.txt': '' })
  await symlink(target, join(dir, 'link'))
  await expect(packDirectory(dir)).rejects.toMatchObject({
    code: 'input.invalid',
    message: expect.stringContaining(target),
  })
})

test('a socket is refused, not silently left out', async () => {
  const dir = await directory('socket', { 'a.txt': '' })
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve))
  try {
    await expect(packDirectory(dir)).rejects.toMatchObject({ code: 'input.invalid' })
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
})

test('what is too large is refused with the limit and what would work', async () => {
  const dir = await directory('large', { 'big.bin': 'x'.repeat(5000) })
  await expect(packDirectory(dir, { maxBytes: 4096 })).rejects.toMatchObject({
    code: 'input.too-large',
    remedy: expect.stringContaining('.tidegateignore'),
  })
})

test('what is not there is refused', async () => {
  await expect(packDirectory(join(base, 'nothing'))).rejects.toMatchObject({ code: 'input.invalid' })
})
