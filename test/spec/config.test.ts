import { describe, expect, it } from 'vitest'
import { loadConfig, locationsOf } from '../../src/spec/config.ts'
import type { SpecError } from '../../src/spec/problems.ts'
import { resolve } from '../../src/spec/resolve.ts'
import { able, inFolder, noConfig, originOf, shop, spec } from './fixtures.ts'

const read = (text: string) => inFolder({ 'tidegate.config.yaml': text }, (cwd) => loadConfig({ cwd }))
const failure = (text: string) =>
  read(text).then(
    () => '',
    (error: unknown) => (error as SpecError).format(),
  )

describe('the configuration of the engine', () => {
  it('has a default for everything where there is no file, or an empty one', async () => {
    expect(noConfig).toMatchObject({
      file: null,
      temporal: {},
      defaultEnvironment: 'development',
      locations: { host: { platform: 'local' } },
      policy: { whenBusy: 'queue', onFailure: 'pause-queue', gradualPauseMs: 30_000 },
      retention: { releases: 5 },
      notify: [],
    })
    expect(locationsOf(noConfig, 'production')).toEqual(['host'])
    expect(await read('# nothing yet\n')).toMatchObject({ file: 'tidegate.config.yaml', policy: noConfig.policy })
  })

  it('is read whole, with secrets by reference', async () => {
    const config = await read(`temporal:
  address: temporal.acme.com:7233
  namespace: deploys
  tls: true
  apiKey: env:TEMPORAL_API_KEY
locations:
  eu: { platform: local }
  us: { platform: local, agent: ../us }
environments:
  staging: { default: true }
  production: { approval: true, locations: [eu, us], strategy: { canary: [5, 50], pause: 1m } }
policy: { whenBusy: supersede, gradualPause: 10s }
retention: { releases: 9 }
notify:
  - { webhook: https://hooks.acme.com/x, events: [active] }
  - { slack: env:SLACK_WEBHOOK }
`)
    expect(config).toMatchObject({
      temporal: { address: 'temporal.acme.com:7233', apiKey: 'env:TEMPORAL_API_KEY' },
      defaultEnvironment: 'staging',
      policy: { whenBusy: 'supersede', onFailure: 'pause-queue', gradualPauseMs: 10_000 },
      notify: [
        { kind: 'webhook', events: ['active'] },
        { kind: 'slack', url: 'env:SLACK_WEBHOOK' },
      ],
    })
    expect(locationsOf(config, 'production')).toEqual(['eu', 'us'])
    expect(locationsOf(config, 'testing')).toEqual(['eu'])
    expect(config.locations.us?.agent).toMatch(/\/us$/)
    const platform = { name: 'local', capabilities: able }
    const result = resolve({ spec: spec(shop), config, environment: 'production', platform })
    expect(result.plan).toMatchObject({
      approval: true,
      strategy: { options: { steps: [{ weight: 5 }, { weight: 50 }] } },
    })
    expect(originOf(result, 'strategy.steps')).toBe('tidegate.config.yaml:11')
    const own = resolve({
      spec: spec(`${shop}approval: false\nstrategy: rolling`),
      config,
      environment: 'production',
      location: 'us',
      platform,
    })
    expect(own).toMatchObject({ target: { location: 'us' }, plan: { approval: true, strategy: { name: 'rolling' } } })
    expect(originOf(own, 'approval')).toBe('tidegate.config.yaml:11')
    expect(() => resolve({ spec: spec(shop), config, location: 'ue', platform })).toThrow('There is no location ue')
    expect(resolve({ spec: spec(shop), config, platform }).target.environment).toBe('staging')
  })

  it.each([
    ['temporl: {}', /temporl: found an unknown key, .*did you mean temporal\?/],
    [
      'temporal: { apiKey: hunter2 }',
      /tidegate\.config\.yaml:1:21 {2}temporal\.apiKey: found a text, expected a reference/,
    ],
    [
      'locations: { eu-west: { platform: local } }\nenvironments: { production: { locations: [eu-wset] } }',
      /did you mean eu-west\?/,
    ],
    ['environments: { a: { default: true }, b: { default: true } }', /only one default environment/],
    ['locations: { k: { platform: kubernetes, context: prod } }', /local: this build has no other platform yet/],
    ['locations: { k: { platform: heroku } }', /locations\.k\.platform: found "heroku"/],
    ['environments: { a: { strategy: { rolling: {}, pause: 1m } } }', /rolling has no `pause`/],
    [
      'notify: [{ slack: https://hooks.slack.com/services/T/B/x }]',
      /notify\[0\]\.slack: found a text, expected a reference/,
    ],
    ['notify: [{ webhook: https://x.example, events: [actve] }]', /notify\[0\]\.events\[0\]: found "actve"/],
    ['policy: [', /valid YAML/],
    ['- a', /found a list, expected a mapping/],
  ])('%j is a problem with a place', async (text, expected) => {
    expect(await failure(text)).toMatch(expected)
  })

  it('named but absent is a problem', async () => {
    await expect(loadConfig({ cwd: '/nonexistent', file: 'other.yaml' })).rejects.toMatchObject({
      code: 'spec.not-found',
    })
  })
})
