/** What the README shows is what there is: its specs are valid, its commands exist, its links lead somewhere. */
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { loadSpec } from '../../src/spec/index.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const documents = ['README.md', 'ARCHITECTURE.md']
const textOf = (name: string) => readFileSync(join(root, name), 'utf8')
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-readme-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the README', () => {
  const specs = matches(textOf('README.md'), /```yaml\n([\s\S]*?)```/g)
  it.each(specs.map((text, i) => [i + 1, text] as const))('shows a valid spec (%i)', async (i, text) => {
    await writeFile(join(folder, `${i}.yaml`), `version: 1.0.0\n${text}`)
    await expect(loadSpec({ file: `${i}.yaml`, cwd: folder })).resolves.toMatchObject({})
  })

  const commands = new Set(createProgram(() => undefined).commands.map((command) => command.name()))
  const used = new Set(documents.flatMap((name) => matches(textOf(name), /tidegate ([a-z]+)\b/g)))
  const named = [...used].filter((word) => !['is', 'moves', 'deploys', 'was', 'has'].includes(word))
  it.each(named)('names a command that exists: %s', (name) => {
    expect(commands).toContain(name)
  })

  const scripts = (JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }).scripts
  const run = new Set(documents.flatMap((name) => matches(textOf(name), /npm run ([a-z:]+)/g)))
  it.each([...run])('names a script that exists: %s', (name) => {
    expect(Object.keys(scripts)).toContain(name)
  })

  const links = documents.flatMap((name) => matches(textOf(name), /\]\(((?!https?:)[^)#]+)/g))
  const files = documents.flatMap((name) =>
    matches(textOf(name), /`((?:src|test|schema|examples|docs)\/[\w./-]+\.\w+)`/g),
  )
  it.each([...new Set([...links, ...files])])('names a file that exists: %s', (name) => {
    expect(existsSync(join(root, name))).toBe(true)
  })
})
