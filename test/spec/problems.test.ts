import { describe, expect, it } from 'vitest'
import { errorRow } from '../../src/errors.ts'
import { loadSpec } from '../../src/spec/load.ts'
import { formatProblem, SpecError } from '../../src/spec/problems.ts'
import { inFolder, problemsIn, shop } from './fixtures.ts'

const lines = (text: string) => problemsIn(text).map(formatProblem)

describe('what is wrong with a spec', () => {
  it('is said all at once, each with file, line, column, path, what was found and what would be right', () => {
    expect(
      lines(`service: Shop
artifact: .
version: 1.0
port: 99999
replicas: 5..2
strategy:
  canary: [10, 5, { weight: 120 }]
  pause: 5
`),
    ).toEqual([
      expect.stringMatching(/^tidegate\.yaml:1:10 {2}service: found "Shop", expected a name of a-z/),
      expect.stringMatching(/^tidegate\.yaml:3:10 {2}version: found 1, expected a semantic version/),
      'tidegate.yaml:4:7  port: found 99999, expected a port: a whole number from 1 to 65535',
      expect.stringMatching(/^tidegate\.yaml:5:11 {2}replicas: found "5\.\.2", expected a range/),
      'tidegate.yaml:7:16  strategy.canary[1]: found 5, expected a weight greater than the one before (10)',
      expect.stringMatching(/^tidegate\.yaml:7:29 {2}strategy\.canary\[2\]\.weight: found 120, expected a weight/),
      expect.stringMatching(/^tidegate\.yaml:8:10 {2}strategy\.pause: found 5, expected a time such as 30s/),
    ])
  })

  it.each([
    ['servce: shop', 'servce', 'service'],
    [`${shop}stratgy: canary`, 'stratgy', 'strategy'],
    [`${shop}Strategy: canary`, 'Strategy', 'strategy'],
    [`${shop}ready-deadline: 5m`, 'ready-deadline', 'readyDeadline'],
    [`${shop}probes: {}`, 'probes', 'workload.probes'],
    [`${shop}workload: { gracePerod: 5s }`, 'workload.gracePerod', 'gracePeriod'],
    [`${shop}strategy: { blue-green: { monitr: 5m } }`, 'strategy.blue-green.monitr', 'monitor'],
    [`${shop}environments: { production: { replcas: 3 } }`, 'environments.production.replcas', 'replicas'],
    [`${shop}checks: [{ http: /, wen: [monitor] }]`, 'checks[0].wen', 'when'],
  ])('names what a misspelt key was meant to be: %j', (text, path, suggestion) => {
    expect(problemsIn(text)).toContainEqual(expect.objectContaining({ path, found: 'an unknown key', suggestion }))
  })

  it.each([
    ['a syntax error', 'service: [shop', /valid YAML/],
    ['a tab as indentation', 'service: shop\nworkload:\n\tport: 1', /spaces/],
    ['the same key twice', 'service: a\nservice: b\nartifact: .', /service: found the same key twice/],
    ['several documents', 'service: a\n---\nservice: b', /one document/],
    ['nothing', '', /begins with `service:`/],
    ['a comment only', '# later', /begins with `service:`/],
    ['a list', '- service: shop', /found a list, expected a mapping/],
    ['a number', '42', /found 42, expected a mapping/],
    ['control characters', 'service: \u0000\u0001', /found binary data/],
    ['an alias to nothing', 'service: *nobody', /expected/],
    ['a key of the language', '__proto__: { a: 1 }\nservice: x', /__proto__/],
  ])('is said of %s, without a stack trace', (_, text, expected) => {
    const said = lines(text)
    expect(said.join('\n')).toMatch(expected)
    expect(said.join('\n')).not.toContain('    at ')
  })

  it('includes bombs of anchors, which are not unfolded', () => {
    let text = 'service: shop\na0: &a0 [x, x, x, x, x, x, x, x, x]\n'
    for (let level = 1; level < 12; level++) text += `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}x]\n`
    const began = performance.now()
    expect(lines(text).join('\n')).toMatch(/YAML that can't be read/)
    expect(performance.now() - began).toBeLessThan(2000)
  })

  it('never contains what may be a secret', () => {
    const said = lines(`${shop}secrets: { TOKEN: "hunter2 hunter2" }
env: { "9PASSWORD": { a: hunter2 } }
hooks: [{ at: before-execute, http: { url: "https://x.example", headers: { Authorization: [hunter2] } } }]
`)
    expect(said).toHaveLength(3)
    expect(said.join('\n')).not.toContain('hunter2')
  })

  it.each([
    ['a value given twice', `${shop}workload: { port: 9090 }`, /port: found 8080, expected it once: .* workload\.port/],
    ['two strategies', `${shop}strategy: { canary: [10], rolling: {} }`, /expected only one of canary/],
    ['two artifacts', 'service: a\nartifact: { path: ., npm: x@1.0.0 }', /expected only one of path, npm/],
    ['an option of another strategy', `${shop}strategy: { rolling: {}, pause: 5m }`, /rolling has no `pause`/],
    ['options without a strategy', `${shop}strategy: { pause: 5m }`, /the name of the strategy/],
    [
      'a rolling change that can not move',
      `${shop}strategy: { rolling: { maxSurge: 0, maxUnavailable: "0%" } }`,
      /maxUnavailable: found "0%", expected more than 0/,
    ],
    [
      'a probe of an unknown port',
      `${shop}workload: { probes: { liveness: { tcp: htp } } }`,
      /found the port "htp", expected a declared port: http \(did you mean http\?\)/,
    ],
    ['a probe without an action', `${shop}workload: { probes: { startup: { interval: 5s } } }`, /startup probe/],
    ['the same port twice', `${shop}workload: { ports: { admin: 8080 } }`, /another number than that of the port/],
    [
      'the same name twice',
      `${shop}checks: [{ name: a, http: / }, { name: a, tcp: true }]`,
      /names that are all different/,
    ],
    ['traffic that is none, by canary', `${shop}traffic: none\nstrategy: canary`, /rolling or recreate, because/],
    ['a shell in a command', 'service: a\nartifact: .\ncommand: a | b', /a shell needs/],
    ['an npm range', 'service: a\nartifact: { npm: x@^1.0.0 }', /an exact version/],
    [
      'options of another artifact',
      'service: a\nartifact: { npm: x@1.0.0, exclude: [a] }',
      /only together with `path`/,
    ],
  ])('includes %s', (_, text, expected) => {
    expect(lines(text).join('\n')).toMatch(expected)
  })

  it('is found in the environments as well, at their own lines, beside everything else', () => {
    expect(
      lines(`${shop}environments:
  production:
    strategy: { canary: [50, 50] }
  worker:
    traffic: none
    strategy: canary
  UPPER: {}
`),
    ).toEqual([
      'tidegate.yaml:9:30  environments.production.strategy.canary[1]: found 50, expected a weight greater than the one before (50)',
      expect.stringMatching(/^tidegate\.yaml:12:15 {2}environments\.worker\.strategy: found "canary"/),
      expect.stringMatching(/^tidegate\.yaml:13:3 {2}environments\.UPPER: found the key "UPPER"/),
    ])
  })

  it('is one error with exit code 2', () => {
    try {
      problemsIn('service: 1')
      throw new SpecError('x', problemsIn('service: 1'))
    } catch (error) {
      expect(error).toBeInstanceOf(SpecError)
      const spec = error as SpecError
      expect(errorRow(spec.code).exit).toBe(2)
      expect(spec.format()).toContain('service: found 1')
      expect(spec.toJSON().problems).toEqual(spec.problems)
    }
  })
})

describe('a file', () => {
  const failure = (files: Record<string, string | Uint8Array>, file?: string) =>
    inFolder(files, async (cwd) =>
      loadSpec({ cwd, ...(file !== undefined && { file }) }).then(
        () => null,
        (error: unknown) => error as SpecError,
      ),
    )

  it('that is not there is a problem of its own code', async () => {
    expect(await failure({})).toMatchObject({ code: 'spec.not-found' })
    expect(await failure({}, 'other.yaml')).toMatchObject({ code: 'spec.not-found', facts: { file: 'other.yaml' } })
  })

  it('that is binary, a folder or far too long is a problem', async () => {
    const garbage = Uint8Array.from({ length: 500 }, (_, index) => (index * 89 + 128) % 256)
    expect((await failure({ 'tidegate.yaml': garbage }))?.format()).toMatch(/found binary data/)
    expect((await failure({}, '.'))?.format()).toMatch(/found a folder/)
    expect((await failure({ 'tidegate.yaml': `#${' '.repeat(2 ** 20)}` }))?.format()).toMatch(/found a file of/)
  })

  it('of JSON has places too', async () => {
    const json = '{\n  "service": "shop",\n  "prot": 8080\n}'
    expect((await failure({ 'tidegate.json': json }))?.problems).toMatchObject([
      { file: 'tidegate.json', line: 3, column: 3, path: 'prot', suggestion: 'port' },
    ])
  })

  it('of TypeScript is imported, and its problems have a path', async () => {
    const good = 'export default { service: "shop", artifact: ".", command: ["node", "x.ts"] } satisfies object'
    const loaded = await inFolder({ 'tidegate.ts': good }, (cwd) => loadSpec({ cwd }))
    expect(loaded.spec.service).toBe('shop')
    const bad = await failure({ 'tidegate.ts': 'export default { service: "shop", port: "http" }' })
    expect(bad?.problems).toEqual([expect.objectContaining({ file: 'tidegate.ts', path: 'port', found: '"http"' })])
    expect(bad?.problems[0]?.line).toBeUndefined()
  })

  it.each([
    ['no default export', 'export const a = 1', /found no default export/],
    ['an error in it', 'throw new Error("oh no")', /an error while it was loaded: oh no/],
    ['a syntax error', 'export default {', /an error while it was loaded/],
    ['a function among its values', 'export default { service: () => "a" }', /a function among the values/],
    ['a circle', 'const a = {}; a.a = a; export default a', /in a circle/],
  ])('of JavaScript with %s is a problem, not a crash', async (_, text, expected) => {
    expect((await failure({ 'tidegate.mjs': text }))?.format()).toMatch(expected)
  })
})
