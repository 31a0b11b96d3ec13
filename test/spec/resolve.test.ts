import { describe, expect, it } from 'vitest'
import type { TidegateError } from '../../src/errors.ts'
import { defaultStrategy } from '../../src/spec/defaults.ts'
import { formatProblem } from '../../src/spec/problems.ts'
import { able, folder, originOf, problemsOf, resolved, shop, spec } from './fixtures.ts'

const refusal = (act: () => unknown): TidegateError => {
  try {
    act()
  } catch (error) {
    return error as TidegateError
  }
  throw new Error('it was not refused')
}
const said = (act: () => unknown) => problemsOf(act).map(formatProblem).join('\n')

describe('the strategy of an environment', () => {
  const rows: [string, Partial<typeof able>, boolean, string][] = [
    ['development', {}, true, 'recreate'],
    ['testing', {}, true, 'rolling'],
    ['staging', {}, true, 'blue-green'],
    ['production', {}, true, 'canary'],
    ['preview-42', {}, true, 'blue-green'],
    ['production', { weights: 'by-replicas' }, true, 'blue-green'],
    ['production', { weights: 'all-or-nothing' }, true, 'blue-green'],
    ['production', { traffic: false }, true, 'blue-green'],
    ['production', { strategies: ['rolling', 'recreate'] }, true, 'rolling'],
    ['staging', { strategies: ['recreate'] }, true, 'recreate'],
    ['development', {}, false, 'recreate'],
    ['testing', {}, false, 'rolling'],
    ['staging', {}, false, 'rolling'],
    ['production', {}, false, 'rolling'],
  ]
  it.each(rows)('%s on %j with traffic %s is %s', (environment, can, traffic, name) => {
    expect(defaultStrategy(environment, { ...able, ...can }, traffic).name).toBe(name)
  })

  it('is said with its origin, and why where it is not the usual one', () => {
    const usual = resolved(shop)
    expect(originOf(usual, 'strategy.name')).toBe('default for production')
    expect(usual.notes).toEqual([])
    const other = resolved(shop, { can: { traffic: false } })
    expect(other.notes[0]).toMatch(/production gets blue-green here: the platform has nothing to measure/)
  })
})

describe('a spec of five lines', () => {
  const result = resolved(shop)

  it('means a whole plan', () => {
    expect(result.target).toEqual({ service: 'shop', environment: 'production', location: 'host' })
    expect(result.artifact).toEqual({ kind: 'path', path: folder, exclude: [] })
    expect(result.workload).toMatchObject({
      command: ['node', 'server.js'],
      ports: [{ name: 'http', port: 8080 }],
      probes: { readiness: { action: { kind: 'http', path: '/healthz' }, intervalMs: 10_000, failureThreshold: 3 } },
      gracePeriodMs: 30_000,
    })
    expect(result.plan).toMatchObject({ scale: { replicas: 1 }, traffic: true, approval: false, deadlineMs: 3_600_000 })
    const { strategy } = result.plan
    if (strategy.name !== 'canary') throw new Error(strategy.name)
    expect(strategy.options.require).toBe('no-harm')
    expect(strategy.options.steps.map(({ weight, pause }) => [weight, pause])).toEqual([
      [10, 300_000],
      [25, 300_000],
      [50, 300_000],
    ])
    expect(strategy.options.steps[0]?.analysis).toEqual({
      judge: 'threshold',
      metrics: [{ name: 'errors', provider: 'traffic', kind: 'errors', max: 0.01 }],
      intervalMs: 30_000,
      minRequests: 100,
      failureLimit: 1,
      onInconclusive: 'proceed',
      onNoData: 'proceed',
    })
  })

  it('hides no default: every value of the plan has an origin', () => {
    for (const origin of result.origins) expect(origin.from).not.toBe('')
    for (const path of ['deadline', 'readyDeadline', 'bake', 'approval', 'strategy.steps', 'analysis.minRequests']) {
      expect(originOf(result, path)).toBe('default')
    }
    expect(originOf(result, 'service')).toBe('tidegate.yaml:1')
    expect(originOf(result, 'workload.ports.http')).toBe('tidegate.yaml:5')
  })

  it('resolves to the same value every time', () => {
    expect(resolved(shop)).toEqual(result)
  })
})

describe('short forms', () => {
  it.each([
    ['replicas: 3..20', 'replicas: { min: 3, max: 20 }'],
    ['strategy: canary', 'strategy: { canary: [10, 25, 50], pause: 5m }'],
    ['strategy: { canary: [10, 50], pause: 5m }', 'strategy: { canary: { steps: [{ weight: 10 }, 50], pause: 300s } }'],
    ['strategy: blue-green', 'strategy: { blue-green: { autoPromote: true, monitor: 5m } }'],
    ['strategy: rolling', 'strategy: { rolling: { maxSurge: 25%, maxUnavailable: 25% } }'],
    ['strategy: recreate', 'strategy: { recreate: {} }'],
    ['checks: [/healthz]', 'checks: [{ http: { path: /healthz, method: GET } }]'],
    ['env: { A: 1, B: true }', 'workload: { env: { A: "1", B: "true" } }'],
    ['secrets: [env:TOKEN]', 'secrets: { TOKEN: env:TOKEN }'],
    ['secrets: [checkout-db]', 'secrets: [{ name: checkout-db, from: "secret:checkout-db" }]'],
    ['args: [--port, $(PORT)]', 'workload: { args: [--port, $(PORT)] }'],
    ['analysis: { errors: 2% }', 'analysis: { metrics: [{ kind: errors, max: 2% }], minRequests: 100 }'],
  ])('%s means %s', (short, full) => {
    const strip = ({ origins: _, ...others }: ReturnType<typeof resolved>) => others
    expect(strip(resolved(`${shop}${short}`))).toEqual(strip(resolved(`${shop}${full}`)))
  })

  it('accepts the two examples of a Kubernetes spec as far as they are not its own', () => {
    const text = `service: checkout
artifact: { image: ghcr.io/acme/checkout }
workload:
  port: 8080
  replicas: 3..20
  ready: /healthz
  env: { LOG_LEVEL: info }
  secrets: [checkout-db]
environments:
  production:
    strategy: { canary: [10, 50], pause: 5m }
`
    const result = resolved(text, { pkg: '1.8.0' })
    expect(result).toMatchObject({
      version: '1.8.0',
      artifact: { kind: 'image', reference: 'ghcr.io/acme/checkout:1.8.0' },
      workload: { secrets: [{ name: 'checkout-db', from: 'secret:checkout-db' }] },
      plan: { scale: { min: 3, max: 20 } },
    })
    expect(originOf(result, 'version')).toBe('package.json')
    const manifests = resolved('service: checkout\nartifact: { manifests: k8s/ }', { pkg: '1.0.0' })
    expect(manifests.artifact).toEqual({ kind: 'manifests', paths: [`${folder}/k8s`] })
  })
})

describe('overlays', () => {
  const layered = `${shop}env: { A: base, B: base }
secrets: { T: env:T }
checks: [/a, /b]
strategy: { canary: [10, 50], pause: 5m }
environments:
  production:
    env: { A: over, B: null, C: over }
    checks: [/c]
    strategy: { pause: 1m }
  staging:
    strategy: blue-green
    port: 9090
    secrets: null
`
  it('are merged deeply; lists replace, null removes', () => {
    const result = resolved(layered)
    expect(result.workload.env).toEqual({ A: 'over', C: 'over' })
    expect(result.plan.checks.map((check) => check.name)).toEqual(['http /c'])
    expect(result.plan.strategy).toMatchObject({ options: { steps: [{ weight: 10, pause: 60_000 }, { weight: 50 }] } })
    expect(result.workload.secrets).toHaveLength(1)
  })

  it('replace a strategy by another without what belonged to the first', () => {
    const result = resolved(layered, { environment: 'staging' })
    expect(result.plan.strategy.name).toBe('blue-green')
    expect(result.workload.ports).toEqual([{ name: 'http', port: 9090 }])
    expect(result.workload.secrets).toEqual([])
  })

  it('keep where each value came from', () => {
    const result = resolved(layered)
    expect(originOf(result, 'workload.env.A')).toBe('environments.production (tidegate.yaml:13)')
    expect(originOf(result, 'strategy.steps')).toBe('tidegate.yaml:10')
    expect(originOf(result, 'strategy.pause')).toBe('environments.production (tidegate.yaml:15)')
  })

  it('may be of environments of the user, but an unknown one that nobody declared is refused', () => {
    expect(resolved(`${shop}environments: { eu-prod: {} }`, { environment: 'eu-prod' }).target.environment).toBe(
      'eu-prod',
    )
    const error = refusal(() => resolved(shop, { environment: 'prodction' }))
    expect(error).toMatchObject({ code: 'input.invalid' })
    expect(error.remedy).toContain('Did you mean production?')
  })
})

describe('flags', () => {
  it('change one value each, and are its origin', () => {
    const result = resolved(shop, { overrides: { version: '2.0.0', replicas: '2..4', strategy: 'rolling' } })
    expect(result).toMatchObject({
      version: '2.0.0',
      plan: { scale: { min: 2, max: 4 }, strategy: { name: 'rolling' } },
    })
    expect(originOf(result, 'version')).toBe('--version')
    expect(originOf(result, 'replicas')).toBe('--replicas')
    expect(originOf(result, 'strategy.name')).toBe('--strategy')
  })

  it('take the version from the tag of --image', () => {
    const text = 'service: a\nversion: 1.0.0\nartifact: { image: acme/a:1.0.0 }'
    const result = resolved(text, { overrides: { image: 'acme/a:v1.8.0' } })
    expect(result).toMatchObject({ version: '1.8.0', artifact: { reference: 'acme/a:v1.8.0' } })
    expect(originOf(result, 'version')).toBe('--image')
  })

  it('choose the version of a package and the tag of an image', () => {
    const npm = 'service: a\nartifact: { npm: http-server@14.1.0 }'
    expect(resolved(npm)).toMatchObject({ version: '14.1.0', artifact: { name: 'http-server', version: '14.1.0' } })
    expect(resolved(npm, { overrides: { version: '14.1.1' } })).toMatchObject({
      version: '14.1.1',
      artifact: { kind: 'npm', version: '14.1.1' },
    })
    const image = 'service: a\nartifact: { image: acme/a:1.0.0 }'
    expect(resolved(image, { overrides: { version: '1.1.0' } }).artifact).toMatchObject({ reference: 'acme/a:1.1.0' })
  })

  it('replace an artifact, from the working directory', () => {
    const result = resolved(shop, { overrides: { artifact: './dist' }, cwd: '/home/me' })
    expect(result.artifact).toMatchObject({ path: '/home/me/dist' })
    expect(resolved(shop, { overrides: { artifact: 'npm:http-server@1.0.0' } }).artifact).toMatchObject({ kind: 'npm' })
  })

  it('are checked like the file, all at once', () => {
    const text = said(() =>
      resolved(shop, { overrides: { version: '1', replicas: 'many', strategy: 'blue' as 'canary' } }),
    )
    expect(text).toMatch(/command line {2}--version: found "1"/)
    expect(text).toMatch(/command line {2}--replicas: found "many"/)
    expect(text).toMatch(/command line {2}--strategy: found "blue"/)
  })
})

describe('what must be there', () => {
  it('is asked for all at once', () => {
    const text = said(() => resolved('service: shop\nartifact: .'))
    expect(text).toMatch(/version: found nothing, expected .*--version, or a package.json/)
    expect(text).toMatch(/command: found nothing/)
    expect(said(() => resolved('service: shop'))).toMatch(/artifact: found nothing/)
  })

  it('fits: a version that is not the one of the package is a contradiction', () => {
    expect(said(() => resolved('service: a\nversion: 1.0.0\nartifact: { npm: x@2.0.0 }'))).toMatch(
      /artifact\.npm: found "x@2\.0\.0", expected x@1\.0\.0, since the version is 1\.0\.0 \(tidegate\.yaml:2\)/,
    )
  })

  it('lesson 8: a deadline that the pauses alone would pass is refused', () => {
    expect(said(() => resolved(`${shop}deadline: 10m\nstrategy: { canary: [10, 50], pause: 5m }`))).toMatch(
      /deadline: found "10m", expected more than 11m/,
    )
    expect(resolved(`${shop}strategy: { canary: [10, 50], pause: 2h }`).plan.deadlineMs).toBe(8 * 3_600_000 + 120_000)
  })

  it('is whole after an overlay took something away', () => {
    const text = `${shop.replace('artifact: .', 'artifact: { path: . }')}environments: { production: { artifact: { path: null } } }`
    expect(said(() => spec(text))).toMatch(/a value for `path`, or another artifact/)
  })
})

describe('a platform that can not carry it', () => {
  it('is told from one that can, with what would work', () => {
    const text = `${shop}strategy: { canary: [5] }`
    const error = refusal(() => resolved(text, { can: { weights: 'all-or-nothing' } }))
    expect(error.code).toBe('strategy.unsupported')
    expect(error.message).toBe(
      'local cannot carry a canary of 5 %: its traffic is all on one release or all on the other',
    )
    expect(error.remedy).toBe('Use blue-green or rolling or recreate.')
    expect(refusal(() => resolved(text, { can: { strategies: ['rolling'] } })).remedy).toBe('Use rolling.')
    const image = refusal(() => resolved(shop, { can: { artifacts: ['npm', 'archive'] } }))
    expect(image).toMatchObject({ code: 'artifact.unsupported', remedy: 'It takes: npm, archive.' })
  })

  it('lesson 9: by replicas, prints the weight they really give and refuses more than twice', () => {
    const counted = { weights: 'by-replicas' } as const
    const refused = refusal(() => resolved(`${shop}replicas: 4\nstrategy: { canary: [10] }`, { can: counted }))
    expect(refused.message).toContain('10 % of 4 → 25 % is more than twice what was asked')
    expect(refused.remedy).toContain('Use 5 or more replicas')
    const given = resolved(`${shop}replicas: 4\nstrategy: { canary: [20, 50] }`, { can: counted })
    expect(given.notes).toEqual(['Weights are given by counts of instances here: 20 % of 4 → 25 %.'])
    expect(refusal(() => resolved(`${shop}strategy: { canary: [50] }`, { can: counted })).message).toContain(
      "1 can't be shared",
    )
  })

  it('lesson 10: says that with nothing to measure, health and restarts are the measure', () => {
    const note = 'With nothing to measure, health and restarts are the measure.'
    const text = `${shop}strategy: { canary: [10] }`
    expect(resolved(text).notes).not.toContain(note)
    expect(resolved(text, { can: { traffic: false } }).notes).toContain(note)
    expect(resolved(`${text}\nanalysis: false`).notes).toContain(note)
  })

  it('lesson 19: certified is accepted where something proves it, and then waits in doubt', () => {
    const text = `${shop}strategy: { canary: [10], require: certified }`
    expect(resolved(text).plan.strategy).toMatchObject({
      options: { require: 'certified', steps: [{ analysis: { onInconclusive: 'pause', onNoData: 'pause' } }] },
    })
    expect(refusal(() => resolved(text, { can: { traffic: false } })).code).toBe('strategy.unsupported')
  })

  it('lesson 16: a service without traffic gets rolling, never a preview', () => {
    const result = resolved('service: a\nversion: 1.0.0\nartifact: .\ncommand: node worker.js\ntraffic: none')
    expect(result.plan).toMatchObject({ traffic: false, strategy: { name: 'rolling' } })
    expect(said(() => resolved(`${shop}traffic: none`, { overrides: { strategy: 'blue-green' } }))).toMatch(
      /--strategy: found "blue-green", expected rolling or recreate/,
    )
  })

  it('begins with the least of a range where it does not scale by itself, and says so', () => {
    const result = resolved(`${shop}replicas: 3..20`, { can: { autoscaling: false } })
    expect(result.plan).toMatchObject({ scale: { min: 3, max: 20 } })
    expect(result.notes).toContain('local does not scale by itself: it begins with 3 and keeps what runs within 3..20.')
  })

  it('keeps what runs where nobody asked for a count (lesson 18)', () => {
    expect(resolved(shop).plan).toMatchObject({ scale: { replicas: 1 }, keepScale: true })
    expect(resolved(`${shop}replicas: 1`).plan).not.toHaveProperty('keepScale')
  })
})

describe('analyses', () => {
  it('belong to each step by the usual one, to the whole canary when asked for, and can be switched off', () => {
    const text = `${shop}analysis: { latency: 500ms }
strategy:
  canary:
    steps: [10, { weight: 50, pause: manual, analysis: { errors: 5% } }, { weight: 60, analysis: false }, { weight: 70, pause: 0 }]
    pause: 10s
    analysis: { errors: 3% }
`
    const { strategy } = resolved(text).plan
    if (strategy.name !== 'canary') throw new Error(strategy.name)
    const [first, second, third, fourth] = strategy.options.steps
    expect(first?.analysis?.metrics).toEqual([{ name: 'latency', provider: 'traffic', kind: 'latency', max: 500 }])
    expect(first?.analysis?.intervalMs).toBe(2000)
    expect(second).toMatchObject({ pause: 'manual', analysis: { metrics: [{ kind: 'errors', max: 0.05 }] } })
    expect(third?.analysis).toBeUndefined()
    expect(fourth).toEqual({ weight: 70, pause: 0 })
    expect(strategy.options.analysis?.metrics).toMatchObject([{ kind: 'errors', max: 0.03 }])
  })
})

it('a plan that would not fit into a payload is refused at the door', () => {
  const hook = (name: number) =>
    `  - { name: h${name}, at: before-execute, command: [sh, -c, "${'x'.repeat(2000)}"] }\n`
  const hooks = Array.from({ length: 80 }, (_, index) => hook(index)).join('')
  expect(refusal(() => resolved(`${shop}hooks:\n${hooks}`))).toMatchObject({
    code: 'input.too-large',
    message: expect.stringMatching(/^The plan is \d+ KiB, and at most 128 KiB can be carried$/),
  })
})
