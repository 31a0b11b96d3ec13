import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { DCLinter } from 'dclint'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const path = resolve(import.meta.dirname, '../../docker-compose.temporal.yml')
const text = readFileSync(path, 'utf8')

interface Service {
  image?: string
  build?: string
  ports?: string[]
  volumes?: string[]
  environment?: Record<string, string | number>
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[]; retries: number }
}
const { services, volumes } = parse(text) as { services: Record<string, Service>; volumes: Record<string, unknown> }
const every = Object.entries(services)

describe('docker-compose.temporal.yml', () => {
  test('follows the Compose schema and the linter', () => {
    const rules = { 'service-keys-order': 0 as const, 'services-alphabetical-order': 0 as const }
    const [result] = new DCLinter({ rules, quiet: false, debug: false, exclude: [] }).lintFiles([path], false)
    expect(result?.filePath).toBe(path)
    expect(result?.messages).toEqual([])
  })

  test('is Temporal with PostgreSQL, its Web UI, and the worker', () => {
    expect(Object.keys(services)).toEqual(['postgresql', 'temporal', 'temporal-ui', 'worker'])
    expect(services.temporal?.environment?.DB).toBe('postgres12')
    expect(services.worker?.environment?.TEMPORAL_ADDRESS).toBe('temporal:7233')
  })

  test.each(every.filter(([, service]) => service.image))('%s is pinned to a full version', (_, service) => {
    expect(service.image).toMatch(/^[a-z/-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?$/)
  })

  test.each(every.filter(([, service]) => service.ports))('%s is open to this machine only', (_, service) => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\$\{\w+:-\d+\}:\d+$/)
  })

  test('starts each part when what it needs is healthy', () => {
    for (const [name, { depends_on = {} }] of every)
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        expect(condition, name).toBe('service_healthy')
        expect(services[needed]?.healthcheck?.test.length, needed).toBeGreaterThan(0)
      }
  })

  test('keeps its data in volumes that it names', () => {
    const used = every.flatMap(([, service]) => service.volumes ?? []).map((volume) => volume.split(':')[0])
    expect(used.sort()).toEqual(Object.keys(volumes).sort())
  })

  test('has no password in it, and does not start without one', () => {
    const passwords = every.flatMap(([, service]) =>
      Object.entries(service.environment ?? {}).filter(([key]) => /PASS|PWD/.test(key)),
    )
    expect(passwords).toHaveLength(2)
    for (const [, value] of passwords) expect(value).toMatch(/^\$\{POSTGRES_PASSWORD:\?.+\}$/)
  })
})
