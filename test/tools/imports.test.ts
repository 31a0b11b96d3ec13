import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { everyImport, valueImports } from '../../tools/import-rules.ts'
import { checkImports } from '../../tools/imports.ts'

const root = resolve(import.meta.dirname, '../..')
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidegate-rules-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

/** One line of a file each: all files export `x` and `T` beside it. */
type Files = Record<string, string>

const packageJson = JSON.stringify({
  type: 'module',
  dependencies: { '@temporalio/workflow': '1', undici: '8', zod: '4' },
  devDependencies: { vite: '8' },
})

let trees = 0
async function wrongIn(files: Files): Promise<string[]> {
  const tree = join(dir, `${++trees}`)
  const named = { 'package.json': packageJson, ...files }
  for (const [path, line] of Object.entries(named)) {
    await mkdir(dirname(join(tree, path)), { recursive: true })
    const text = path.endsWith('.ts') ? `${line}\nexport const x = 1\nexport type T = number\n` : line
    await writeFile(join(tree, path), text)
  }
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'))
  const { wrong } = await checkImports(tree)
  return [...new Set(wrong.map((line) => /\[([\w-]+)\]$/.exec(line)?.[1] ?? line))].sort()
}

const type = (to: string) => `import type { T as A } from '${to}'; export type B = A`
const value = (to: string) => `import { x as a } from '${to}'; export const b = a`

/** For each rule, a tree that breaks it and no other. */
const broken: [string, Files][] = [
  ['resolves', { 'src/store/a.ts': value('./nowhere.ts') }],
  ['errors-alone', { 'src/errors.ts': type('./spec/model.ts'), 'src/spec/model.ts': '' }],
  ['spec-below', { 'src/spec/a.ts': type('../client/b.ts'), 'src/client/b.ts': '' }],
  ['store-below', { 'src/store/a.ts': type('../platforms/port.ts'), 'src/platforms/port.ts': '' }],
  ['analysis-below', { 'src/analysis/a.ts': type('../platforms/local/b.ts'), 'src/platforms/local/b.ts': '' }],
  ['platforms-below', { 'src/platforms/a.ts': type('../workflows/b.ts'), 'src/workflows/b.ts': '' }],
  ['artifacts-below', { 'src/artifacts/a.ts': value('../platforms/b.ts'), 'src/platforms/b.ts': '' }],
  ['effects-below', { 'src/hooks/a.ts': value('../../worker/b.ts'), 'worker/b.ts': '' }],
  ['strategies-pure', { 'src/strategies/a.ts': type('../checks/b.ts'), 'src/checks/b.ts': '' }],
  ['activities-below', { 'src/activities/a.ts': type('../client/b.ts'), 'src/client/b.ts': '' }],
  ['workflows-below', { 'src/workflows/a.ts': type('../client/b.ts'), 'src/client/b.ts': '' }],
  ['client-below', { 'src/client/a.ts': type('../cli/b.ts'), 'src/cli/b.ts': '' }],
  ['worker-below', { 'worker/a.ts': value('../src/cli/b.ts'), 'src/cli/b.ts': '' }],
  ['tools-below', { 'tools/a.ts': value('../src/client/b.ts'), 'src/client/b.ts': '' }],
  ['product-alone', { 'src/cli/a.ts': value('../../test/b.ts'), 'test/b.ts': '' }],
  ['declared', { 'src/store/a.ts': "import 'vite'" }],
  ['no-cycle', { 'src/store/a.ts': value('./b.ts'), 'src/store/b.ts': value('./a.ts') }],
  ['workflows-pure', { 'src/workflows/a.ts': value('../spec/model.ts'), 'src/spec/model.ts': "import 'zod'" }],
  ['strategies-run-pure', { 'src/strategies/a.ts': "import 'node:fs'" }],
  ['activities-speak', { 'src/activities/a.ts': value('../workflows/service.ts'), 'src/workflows/service.ts': '' }],
  ['client-speaks', { 'src/client/a.ts': value('../workflows/service.ts'), 'src/workflows/service.ts': '' }],
  ['cli-speaks', { 'src/cli/a.ts': value('../activities/b.ts'), 'src/activities/b.ts': '' }],
]

describe('the direction of imports', () => {
  test('has a case for every rule', () => {
    expect(broken.map(([rule]) => rule)).toEqual([...everyImport, ...valueImports].map((rule) => rule.name))
  })

  test.each(broken)('%s is found when it is broken, and nothing else', async (rule, files) => {
    expect(await wrongIn(files)).toEqual([rule])
  })

  test('lets workflows name the types of activities, and run pure code', async () => {
    const files = {
      'src/activities/a.ts': "import 'node:fs'",
      'src/errors.ts': '',
      'src/analysis/judge.ts': '',
      'src/analysis/providers/p.ts': "import 'undici'",
      'src/workflows/w.ts': [
        "import { type T as A } from '../errors.ts'",
        "import type { T as C } from '../activities/a.ts'",
        "import { x as j } from '../analysis/judge.ts'",
        "import { proxyActivities } from '@temporalio/workflow'",
        'export type { A, C }; export { j, proxyActivities }',
      ].join('\n'),
    }
    expect(await wrongIn(files)).toEqual([])
  })

  test.each([
    ['an activity', '../activities/a.ts', { 'src/activities/a.ts': '' }],
    ['a provider', '../analysis/providers/p.ts', { 'src/analysis/providers/p.ts': '' }],
    ['a package', 'undici', {}],
    ['a part of Node', 'node:fs', {}],
  ])('lets no workflow run %s', async (_, to, files) => {
    expect(await wrongIn({ ...files, 'src/workflows/w.ts': `import '${to}'` } as Files)).toEqual(['workflows-pure'])
  })
})
