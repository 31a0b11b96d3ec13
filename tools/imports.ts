/**
 * The import-direction check: `npm run imports`. dependency-cruiser reads the sources twice with swc, which makes no
 * difference between types and values: as they are, and as Node runs them, with types stripped.
 */

import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { cruise, type IForbiddenRuleType, type IViolation } from 'dependency-cruiser'
import { everyImport, valueImports } from './import-rules.ts'

const folders = ['src', 'worker', 'tools']

async function violationsIn(
  baseDir: string,
  forbidden: IForbiddenRuleType[],
): Promise<{ found: IViolation[]; seen: number }> {
  const present = (await readdir(baseDir)).filter((name) => folders.includes(name))
  const { output } = await cruise(
    present,
    {
      baseDir,
      parser: 'swc',
      ruleSet: { forbidden },
      validate: true,
      doNotFollow: { path: 'node_modules' },
      preserveSymlinks: true,
      exoticRequireStrings: [],
    },
    { extensions: ['.ts', '.js', '.json'], conditionNames: ['import', 'node', 'default'], exportsFields: ['exports'] },
  )
  if (typeof output === 'string') throw new Error(output)
  return { found: output.summary.violations, seen: output.summary.totalDependenciesCruised ?? 0 }
}

/** A copy of the sources without their types, in which the packages resolve as in `root`. */
async function stripped(root: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'tidegate-imports-'))
  for (const folder of folders) await cp(join(root, folder), join(copy, folder), { recursive: true }).catch(() => {})
  await cp(join(root, 'package.json'), join(copy, 'package.json'))
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const folder of folders) {
    const files = await readdir(join(copy, folder), { recursive: true }).catch(() => [])
    for (const file of files.filter((name) => name.endsWith('.ts'))) {
      const path = join(copy, folder, file)
      // What names only types leaves an empty import behind, which still runs its module: that is seen, as it should.
      await writeFile(path, stripTypeScriptTypes(await readFile(path, 'utf8')))
    }
  }
  return copy
}

/** One line for each import that points the wrong way below `root`, and how many imports were looked at. */
export async function checkImports(root: string): Promise<{ wrong: string[]; seen: number }> {
  const types = await violationsIn(root, everyImport)
  const copy = await stripped(root)
  try {
    const values = await violationsIn(copy, valueImports)
    const reasons = new Map([...everyImport, ...valueImports].map((rule) => [rule.name, rule.comment]))
    const lines = [...types.found, ...values.found].map((v) => {
      const way = v.cycle ?? v.via ?? []
      const path = way.length > 1 ? ` (by ${way.map((each) => each.name).join(' → ')})` : ''
      return `${v.from} → ${v.to}${path}: ${reasons.get(v.rule.name)} [${v.rule.name}]`
    })
    return { wrong: [...new Set(lines)].sort(), seen: types.seen }
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename) {
  const { wrong, seen } = await checkImports(resolve(import.meta.dirname, '..'))
  for (const line of wrong) console.error(line)
  console.log(wrong.length ? `${wrong.length} imports point the wrong way` : `${seen} imports, all the right way`)
  if (wrong.length || seen === 0) process.exitCode = 1
}
