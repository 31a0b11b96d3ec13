/**
 * The JSON Schemas for editors, made from the schemas that check. Run `npx node src/spec/json-schema.ts` to write
 * them; with `--check` it writes nothing and exits 1 where a file is stale.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { configSchema } from './config-schema.ts'
import { specSchema } from './schema.ts'

/** The schemas by the name of their file, as JSON text. */
export function jsonSchemas(): Record<string, string> {
  // Draft 7: what editors' YAML support understands best.
  const json = (schema: z.ZodType) => formatted(z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }))
  return { 'tidegate.schema.json': json(specSchema), 'tidegate.config.schema.json': json(configSchema) }
}

/** As the repository's formatter has it: lists of plain values on one line where they fit into 120 columns. */
function formatted(value: unknown): string {
  const lines = JSON.stringify(value, null, 2)
  const short = lines.replace(/^( *)(.*)\[\n([^[\]{}]*?)\n *\](,?)$/gm, (all, indent, before, inner, comma) => {
    const line = `${indent}${before}[${inner.trim().replace(/,\n */g, ', ')}]${comma}`
    return line.length <= 120 ? line : all
  })
  return `${short}\n`
}

/** Names of files that are not what the schemas say now. */
export function staleSchemas(folder: string): string[] {
  return Object.entries(jsonSchemas()).flatMap(([name, text]) => {
    try {
      return readFileSync(resolve(folder, name), 'utf8') === text ? [] : [name]
    } catch {
      return [name]
    }
  })
}

const self = fileURLToPath(import.meta.url)
if (argv[1] !== undefined && resolve(argv[1]) === self) {
  const folder = resolve(dirname(self), '../../schema')
  if (argv.includes('--check')) {
    const stale = staleSchemas(folder)
    for (const name of stale) console.error(`schema/${name} is stale: npx node src/spec/json-schema.ts`)
    process.exitCode = stale.length > 0 ? 1 : 0
  } else {
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(jsonSchemas())) writeFileSync(resolve(folder, name), text)
  }
}
