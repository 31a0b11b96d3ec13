import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { jsonSchemas, staleSchemas } from '../../src/spec/json-schema.ts'
import { problemsIn, shop } from './fixtures.ts'

const folder = join(import.meta.dirname, '../../schema')
const schemas = jsonSchemas()
const valid = new Ajv({ allErrors: true, strict: false }).compile(JSON.parse(schemas['tidegate.schema.json'] ?? ''))

describe('the JSON Schema for editors', () => {
  it('is what the schemas say now (otherwise: npx node src/spec/json-schema.ts)', () => {
    expect(staleSchemas(folder)).toEqual([])
  })

  it.each([
    '',
    'replicas: 3..20',
    'strategy: { canary: [10, 50], pause: 5m }',
    'strategy: { blue-green: { verify: [/healthz], autoPromote: false, promoteTimeout: 1h } }',
    'strategy: { rolling: { maxSurge: 1, maxUnavailable: 0% } }',
    'checks: [/healthz, { tcp: 5432, when: [monitor] }]',
    'hooks: [{ at: before-execute, command: npm run migrate, once: true }]',
    'environments: { production: { workload: { port: null }, strategy: { canary: { steps: null } } } }',
  ])('accepts what is accepted: %s', (text) => {
    expect(problemsIn(shop + text)).toEqual([])
    expect(valid(parse(shop + text)), JSON.stringify(valid.errors)).toBe(true)
  })

  it.each(['stratgy: canary', 'port: "x"', 'strategy: blue', 'checks: [{ htp: / }]', 'deadline: soon'])(
    'refuses what is refused: %s',
    (text) => {
      expect(problemsIn(shop.replace('port: 8080\n', '') + text)).not.toEqual([])
      expect(valid(parse(shop.replace('port: 8080\n', '') + text))).toBe(false)
    },
  )

  it('describes every field at the top', () => {
    for (const [name, text] of Object.entries(schemas)) {
      const schema = JSON.parse(text) as Described & {
        properties: Record<string, Described>
        definitions: Record<string, Described>
      }
      for (const [key, field] of Object.entries(schema.properties)) {
        const reference = field.$ref ?? field.allOf?.[0]?.$ref
        const target = reference === undefined ? field : schema.definitions[reference.split('/').at(-1) ?? '']
        expect(field.description ?? target?.description, `${name}: ${key}`).toBeTruthy()
      }
    }
  })
})

interface Described {
  description?: string
  allOf?: Described[]
  $ref?: string
}
