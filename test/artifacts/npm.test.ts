import { access, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { extract } from 'tar'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { fetchNpmPackage } from '../../src/artifacts/npm.ts'
import { npmSettings } from '../../src/artifacts/npm-settings.ts'
import { digestOf } from '../../src/store/canonical.ts'
import { type Registry, serveRegistry } from './registry.ts'

let base: string
let registry: Registry
let caches = 0
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'tidegate-npm-'))
  registry = await serveRegistry([
    {
      name: 'hello-server',
      version: '1.0.0',
      bin: { 'hello-server': 'bin.js' },
      dependencies: { 'left-hand': '^1.0.0' },
      devDependencies: { 'test-only': '1.0.0' },
      scripts: { postinstall: "node -e \"require('fs').writeFileSync('ran', '')\"" },
      files: { 'bin.js': '#!/usr/bin/env node\n' },
    },
    { name: 'left-hand', version: '1.0.0' },
    { name: 'left-hand', version: '1.2.0', dependencies: { bolt: '1.0.0' } },
    { name: 'bolt', version: '1.0.0' },
    { name: 'test-only', version: '1.0.0' },
    { name: 'needs-gone', version: '1.0.0', dependencies: { gone: '^3.0.0' } },
    { name: 'swapped', version: '1.0.0' },
    { name: 'needs-swapped', version: '1.0.0', dependencies: { swapped: '1.0.0' } },
  ])
  registry.tampered.add('swapped')
})
afterAll(async () => {
  await registry.close()
  await rm(base, { recursive: true, force: true })
})

function fetched(name: string, version = '1.0.0', signal?: AbortSignal) {
  const cacheDir = join(base, `cache-${caches++}`)
  const registryOptions = { registry: `${registry.url}/`, retry: { retries: 0 } }
  return { cacheDir, result: fetchNpmPackage({ name, version }, { cacheDir, registryOptions, signal }) }
}

test('a package comes with its production dependencies, each with version and integrity', async () => {
  const { provenance } = await fetched('hello-server').result
  expect(provenance).toEqual({
    source: 'npm:hello-server@1.0.0',
    integrity: expect.stringMatching(/^sha512-/),
    dependencies: {
      'left-hand': expect.stringMatching(/^1\.2\.0 sha512-/),
      bolt: expect.stringMatching(/^1\.0\.0 sha512-/),
    },
  })
})

test('it is laid out as installed: commands by relative links, no script run, nothing of npm left over', async () => {
  const { cacheDir, result } = fetched('hello-server')
  const { archive } = await result
  const folder = await mkdtemp(join(base, 'unpacked-'))
  await writeFile(join(folder, 'archive.tar.gz'), archive)
  await extract({ file: join(folder, 'archive.tar.gz'), cwd: folder })
  const modules = join(folder, 'node_modules')
  expect((await readdir(modules)).sort()).toEqual(['.bin', 'bolt', 'hello-server', 'left-hand'])
  expect(await readlink(join(modules, '.bin/hello-server'))).toBe('../hello-server/bin.js')
  await access(join(modules, '.bin/hello-server'), 1)
  expect((await readdir(join(modules, 'hello-server'))).sort()).toEqual(['bin.js', 'package.json'])
  expect(await readdir(cacheDir)).toEqual(['npm'])
})

test('two fetches into different places give the same bytes', async () => {
  const [one, two] = await Promise.all([fetched('hello-server').result, fetched('hello-server').result])
  expect(digestOf(one.archive)).toBe(digestOf(two.archive))
})

test.each<[string, string, string, string]>([
  ['a package that does not exist', 'nobody-wrote-this', '1.0.0', 'artifact.not-found'],
  ['a version that does not exist', 'hello-server', '9.0.0', 'artifact.not-found'],
  ['a dependency that does not exist', 'needs-gone', '1.0.0', 'artifact.not-found'],
  ['a package that is refused', 'forbidden', '1.0.0', 'artifact.denied'],
  ['a registry that is unwell', 'unwell', '1.0.0', 'artifact.unavailable'],
  ['content that does not match its integrity', 'swapped', '1.0.0', 'artifact.corrupt'],
  ['a dependency whose content does not', 'needs-swapped', '1.0.0', 'artifact.corrupt'],
])('%s is told apart', async (_, name, version, code) => {
  await expect(fetched(name, version).result).rejects.toMatchObject({ code })
})

test('no registry there is worth another try', async () => {
  const gone = await serveRegistry([])
  await gone.close()
  const registryOptions = { registry: `${gone.url}/`, retry: { retries: 0 } }
  const result = fetchNpmPackage({ name: 'x', version: '1.0.0' }, { cacheDir: join(base, 'gone'), registryOptions })
  await expect(result).rejects.toMatchObject({ code: 'artifact.unavailable', row: { retryable: true } })
})

test('a cancelled fetch ends at once and leaves no half of an installation', async () => {
  const controller = new AbortController()
  registry.received.length = 0
  const { cacheDir, result } = fetched('hello-server', '1.0.0', controller.signal)
  const expected = expect(result)
  await vi.waitFor(() => expect(registry.received).not.toEqual([]), { timeout: 5_000, interval: 5 })
  controller.abort(new Error('cancelled'))
  await expected.rejects.toThrow('cancelled')
  await vi.waitFor(
    async () => expect((await readdir(cacheDir).catch(() => [])).filter((name) => name !== 'npm')).toEqual([]),
    {
      timeout: 5_000,
    },
  )
})

test("npm's own configuration is used: registries, credentials, the environment over the file", async () => {
  const folder = await mkdtemp(join(base, 'project-'))
  await writeFile(join(folder, 'package.json'), '{}')
  await writeFile(
    join(folder, '.npmrc'),
    `registry=${registry.url}/\n@acme:registry=${registry.url}/acme/\n//127.0.0.1:1/:_authToken=\${A_TOKEN}\nfetch-retries=7\nomit=optional\n`,
  )
  const env = { PATH: process.env.PATH, HOME: folder, A_TOKEN: 'from-the-environment' }
  const settings = await npmSettings(folder, env)
  expect(settings).toMatchObject({
    registry: `${registry.url}/`,
    '@acme:registry': `${registry.url}/acme/`,
    '//127.0.0.1:1/:_authToken': 'from-the-environment',
    retry: { retries: 7 },
  })
  expect(settings).not.toHaveProperty('omit')
  expect(await npmSettings(folder, { ...env, npm_config_registry: 'http://127.0.0.1:9/' })).toMatchObject({
    registry: 'http://127.0.0.1:9/',
  })
  expect(Object.keys(env)).toEqual(['PATH', 'HOME', 'A_TOKEN'])
})

test('software that nobody here wrote comes from the registry that npm is set to', { timeout: 60_000 }, async () => {
  const { archive, provenance } = await fetchNpmPackage(
    { name: 'http-server', version: '14.1.0' },
    { cacheDir: join(base, 'real') },
  )
  expect(provenance.integrity).toBe(
    'sha512-5lYsIcZtf6pdR8tCtzAHTWrAveo4liUlJdWc7YafwK/maPgYHs+VNP6KpCClmUnSorJrARVMXqtT055zBv11Yg==',
  )
  expect(Object.keys(provenance.dependencies ?? {})).toContain('http-proxy')
  expect(archive.length).toBeLessThan(2_000_000)
})
