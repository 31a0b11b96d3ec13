import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLocalPlatform } from '../../src/platforms/local/platform.ts'
import { loadConfig, loadSpec, resolve } from '../../src/spec/index.ts'

const examples = join(import.meta.dirname, '../../examples')

async function resolved(file: string, environment: string, version?: string) {
  const [spec, config] = await Promise.all([loadSpec({ file: join(examples, file) }), loadConfig({ cwd: examples })])
  return resolve({
    spec,
    config,
    environment,
    overrides: { version },
    platform: createLocalPlatform({ dir: examples }),
  })
}

test('the shop goes to production by canary: 10 %, then 50 % until a person promotes, both measured', async () => {
  const { plan, artifact } = await resolved('shop/tidegate.yaml', 'production', '1.2.0')
  expect(artifact).toMatchObject({ kind: 'path', path: join(examples, 'shop') })
  const analysis = { metrics: [{ kind: 'errors', max: 0.01 }] }
  expect(plan.strategy).toMatchObject({
    name: 'canary',
    options: {
      steps: [
        { weight: 10, analysis },
        { weight: 50, pause: 'manual', analysis },
      ],
    },
  })
})

test('the version of http-server is that of its package, or that of the command line', async () => {
  const first = await resolved('http-server.yaml', 'production')
  expect(first).toMatchObject({
    version: '14.1.0',
    artifact: { kind: 'npm', name: 'http-server', version: '14.1.0' },
    plan: { strategy: { name: 'blue-green' } },
  })
  const second = await resolved('http-server.yaml', 'production', '14.1.1')
  expect(second.artifact).toEqual({ kind: 'npm', name: 'http-server', version: '14.1.1' })
})

test.each(['shop/tidegate.yaml', 'http-server.yaml'])('%s fits every environment that is known', async (file) => {
  for (const environment of ['development', 'testing', 'staging', 'production']) {
    expect((await resolved(file, environment)).target.environment).toBe(environment)
  }
})
