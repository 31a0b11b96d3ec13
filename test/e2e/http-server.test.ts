/** Software that nobody here wrote, from the npm registry: deployed, upgraded under traffic, rolled back. */
import { resolve as resolvePath } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { prepareDeploy } from '../../src/client/index.ts'
import { loadConfig, loadSpec, type ReleaseRecord, type ReleaseRef, resolve } from '../../src/spec/index.ts'
import { getJson } from '../../src/store/canonical.ts'
import { expectSettled, type Rig, startRig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close(), 60_000)

const service = 'http-server'

async function deployed(version: string) {
  const spec = await loadSpec({ file: resolvePath('examples/http-server.yaml') })
  const config = await loadConfig({ cwd: rig.home })
  const { platform } = rig
  const resolved = resolve({ spec, config, environment: 'production', overrides: { version }, platform })
  const { deployment } = await rig.client.deploy(await prepareDeploy(resolved, platform.store))
  return rig.client.result(deployment)
}

/** The package serves its own folder: what it says of itself there is what runs. */
async function versionAtEndpoint(): Promise<string> {
  const { endpoint } = await rig.platform.observe(rig.target(service))
  const answer = await fetch(`${endpoint}/package.json`)
  return ((await answer.json()) as { version: string }).version
}

const recordOf = (release: ReleaseRef | null) => getJson<ReleaseRecord>(rig.platform.store, release?.digest ?? '')

test('http-server comes from the registry with integrity, is upgraded blue-green without a failed request, and goes back', async () => {
  const first = await deployed('14.1.0')
  expect(first, first.outcome).toMatchObject({ status: 'active', version: '14.1.0' })
  expect(await versionAtEndpoint()).toBe('14.1.0')
  const { artifact } = await recordOf(first.release)
  expect(artifact).toMatchObject({
    kind: 'archive',
    provenance: { integrity: expect.stringMatching(/^sha512-/) },
  })
  const dependencies = artifact.kind === 'archive' ? (artifact.provenance?.dependencies ?? {}) : {}
  expect(Object.keys(dependencies).length).toBeGreaterThan(5)
  for (const resolved of Object.values(dependencies)) expect(resolved).toMatch(/^\d+\.\d+\.\d+\S* sha\d+-/)

  const visitors = await rig.visit(service, 100)
  const second = await deployed('14.1.1')
  expect(second, second.outcome).toMatchObject({ status: 'active', version: '14.1.1', strategy: 'blue-green' })
  expect(second.previous).toEqual(first.release)
  expect(await versionAtEndpoint()).toBe('14.1.1')
  expectSettled(await rig.platform.observe(rig.target(service)), '14.1.1')

  const back = await rig.client.rollback(rig.target(service))
  const third = await rig.client.result(back.deployment)
  expect(third, third.outcome).toMatchObject({ status: 'active', version: '14.1.0' })
  expect(third.release).toEqual(first.release)
  expect(await versionAtEndpoint()).toBe('14.1.0')
  await visitors.stop()
  const all = [...visitors.seen.values()]
  const total = all.reduce((sum, seen) => sum + seen.total, 0)
  const failed = all.reduce((sum, seen) => sum + seen.failed, 0)
  process.stdout.write(`\nhttp-server 14.1.0 → 14.1.1 → 14.1.0: ${total} requests, ${failed} failed\n\n`)
  expect(failed).toBe(0)
}, 180_000)
