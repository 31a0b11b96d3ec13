/** What is published: packed, installed into an empty folder on the oldest Node that it promises, and used. */

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporalCli } from '../setup/temporal.ts'

const root = resolve(import.meta.dirname, '../..')
const oldestNode = '22.19.0'

interface Manifest {
  version: string
  engines: { node: string }
  exports: Record<string, string | { types: string }>
  devDependencies: Record<string, string>
}
let manifest: Manifest
let dir: string
let packed: { filename: string; files: { path: string }[] }

/** Runs in the folder into which the package was installed, with what is installed there before all else. */
const there = (file: string, args: string[], options: { input?: string; timeout?: number } = {}) =>
  execa(file, args, {
    cwd: dir,
    env: { PATH: `${join(dir, 'node_modules', '.bin')}:${process.env.PATH}`, TIDEGATE_TEMPORAL_CLI: temporalCli() },
    ...options,
  })

beforeAll(async () => {
  manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  dir = await mkdtemp(join(tmpdir(), 'tidegate-pack-'))
  // What the build prints comes before npm's JSON.
  const { stdout } = await execa('npm', ['pack', '--json', '--pack-destination', dir], { cwd: root })
  ;[packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as [typeof packed]
  await writeFile(join(dir, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
  const types = `@types/node@${manifest.devDependencies['@types/node']}`
  await execa('npm', ['install', '--no-audit', '--no-fund', `./${packed.filename}`, `node@${oldestNode}`, types], {
    cwd: dir,
  })
}, 300_000)
afterAll(() => rm(dir, { recursive: true, force: true }))

test('the package promises the Node that it is tested with here', async () => {
  expect(manifest.engines.node).toBe('>=22.19')
  expect((await there('node', ['--version'])).stdout).toBe(`v${oldestNode}`)
})

test('the package holds what it needs and no more', () => {
  const paths = packed.files.map((file) => file.path)
  for (const wanted of ['LICENSE', 'README.md', 'dist/workflow-bundle.js', 'dist/tools/temporal.js'])
    expect(paths).toContain(wanted)
  expect(paths.some((path) => path.startsWith('examples/'))).toBe(true)
  expect(paths.filter((path) => /^(src|test|bench|worker|tools|\.)/.test(path))).toEqual([])
})

test('nothing in the package names the machine that made it', async () => {
  const installed = join(dir, 'node_modules', 'tidegate')
  for (const name of await readdir(installed, { recursive: true })) {
    if (!/\.(js|ts|json|md|yaml)$/.test(name)) continue
    expect((await readFile(join(installed, name), 'utf8')).includes(root), name).toBe(false)
  }
})

test('`npx tidegate --version` says which it is', async () => {
  expect((await there('npx', ['tidegate', '--version'])).stdout.trim()).toBe(manifest.version)
})

test('each export can be imported, and has types', async () => {
  const names = Object.keys(manifest.exports).filter((name) => name !== './package.json')
  expect(names).toEqual(['.', './client', './worker', './platform'])
  const specifiers = names.map((name) => name.replace('.', 'tidegate'))
  const lines = specifiers.map((name, i) => `import * as m${i} from '${name}'`)
  const counts = `[${specifiers.map((_, i) => `Object.keys(m${i}).length`).join()}]`

  const run = await there('node', ['--input-type=module'], {
    input: `${lines.join('\n')}\nconsole.log(${counts}.join())`,
  })
  for (const count of run.stdout.split(',')) expect(Number(count)).toBeGreaterThan(0)

  // A name that is not there must be an error: without types, everything would be let through.
  const nothing = specifiers.map((_, i) => `// @ts-expect-error\nm${i}.nothingOfThisName`)
  await writeFile(join(dir, 'consumer.ts'), [...lines, ...nothing, ''].join('\n'))
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--types', 'node', 'consumer.ts']
  const checked = await execa(join(root, 'node_modules', '.bin', 'tsc'), options, { cwd: dir, reject: false })
  expect(checked.stdout).toBe('')
}, 60_000)

test('`npx tidegate quickstart` does the main job', async () => {
  const { stdout } = await there('npx', ['tidegate', 'quickstart', '--json'], { timeout: 150_000 })
  const outcome = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}')
  expect(outcome.ok).toBe(true)
}, 160_000)
