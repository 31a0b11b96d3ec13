import { expect, it } from 'vitest'
import { TidegateError } from '../../src/errors.ts'
import { SpecError } from '../../src/spec/problems.ts'
import { resolved, shop } from './fixtures.ts'

const full = `service: checkout
version: 1.8.0
artifact: { npm: http-server@1.8.0 }
workload:
  command: [node, server.js]
  ports: { http: 8080, admin: 9000 }
  replicas: 3..20
  env: { LOG_LEVEL: info, N: 3 }
  secrets: { TOKEN: env:TOKEN }
  resources: { requests: { cpu: 500m }, limits: { memory: 256Mi } }
  probes: { startup: { tcp: admin, interval: 2s }, liveness: { http: { path: /live, port: admin } } }
  gracePeriod: 10s
strategy: { canary: { steps: [10, { weight: 50, pause: manual, analysis: { errors: 1% } }], analysis: { latency: 1s } }, pause: 5m }
analysis: { errors: 1%, interval: 10s }
checks: [/healthz, { name: db, tcp: "db:5432", when: [monitor] }, { command: test -f x }]
checkPolicy: { onDegraded: pause }
hooks: [{ at: before-execute, http: https://x.example/hook, once: true }, { at: after-rollback, command: [a, b] }]
deadline: 2h
environments:
  production: { replicas: 5, workload: { env: { LOG_LEVEL: null } }, approval: true }
  staging: { strategy: { blue-green: { verify: [/ready], autoPromote: false } }, artifact: { path: . } }
`

/** A small generator with a seed (mulberry32), so that a failure can be had again. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const pieces = [
  'null', '~', '[]', '{}', '-1', '1e309', '.nan', '0x1F', '!!binary aGk=', '!!js/function x', '&a', '*a', '<<: *a', '"', "'",
  '{', '}', '[', ']', ':', '- ', '#', '\n', '\t', '  ', '%', '|', '>', '?', '99999999999999999999', 'true', '__proto__: 1',
  'constructor: {}', '\u0000', '\ud800', '😀', 'canary', '../..', '5m', '0', '2024-01-01', '---', '...', 'environments:',
] // biome-ignore format: a table

/** One to three changes: something cut, doubled, moved, or put in. */
function mutate(text: string, random: () => number): string {
  const below = (limit: number) => Math.floor(random() * limit)
  let result = text
  for (let change = 0; change <= below(3); change++) {
    const from = below(result.length)
    const to = Math.min(result.length, from + 1 + below(12))
    const piece = pieces[below(pieces.length)] ?? ''
    const kind = below(5)
    if (kind === 0) result = result.slice(0, from) + result.slice(to)
    else if (kind === 1) result = result.slice(0, from) + piece + result.slice(from)
    else if (kind === 2) result = result.slice(0, from) + piece + result.slice(to)
    else if (kind === 3) result = result.slice(0, to) + result.slice(from)
    else {
      const lines = result.split('\n')
      const [line = ''] = lines.splice(below(lines.length), 1)
      lines.splice(below(lines.length + 1), 0, line)
      result = lines.join('\n')
    }
  }
  return result
}

it('a mutated spec is either right or refused with problems that have a place, and never anything else', () => {
  const outcomes = { right: 0, problems: 0, refused: 0 }
  for (let seed = 1; seed <= 600; seed++) {
    const random = randomFrom(seed)
    const text = mutate(seed % 3 === 0 ? shop : full, random)
    const environment = ['production', 'staging', 'development'][seed % 3] as string
    try {
      resolved(text, { environment })
      outcomes.right++
    } catch (error) {
      if (error instanceof SpecError) {
        expect(error.problems.length, text).toBeGreaterThan(0)
        for (const problem of error.problems) {
          expect(problem.path, text).not.toBe('')
          expect(problem.found, text).not.toBe('')
          expect(problem.expected, text).not.toMatch(/^$|undefined|\[object/)
        }
        outcomes.problems++
      } else {
        if (!(error instanceof TidegateError)) throw new Error(`seed ${seed}:\n${text}`, { cause: error })
        outcomes.refused++
      }
    }
  }
  expect(outcomes.right).toBeGreaterThan(20)
  expect(outcomes.problems).toBeGreaterThan(200)
})
