// Deploys a version of the shop, and promotes its canary when that waits for a person. Needs `tidegate dev`.
import { connect, prepareDeploy } from '../src/client/index.ts' // tidegate/client
import { createLocalPlatform } from '../src/platforms/local/platform.ts' // tidegate/platform
import { loadConfig, loadSpec, resolve } from '../src/spec/index.ts' // tidegate

const version = process.argv[2] ?? '1.1.0'
const platform = createLocalPlatform({ dir: '.tidegate/agent' })
const [config, spec] = await Promise.all([loadConfig(), loadSpec({ file: 'examples/shop/tidegate.yaml' })])
const resolved = resolve({ spec, config, platform, environment: 'production', overrides: { version } })

const tidegate = await connect({ config })
const { deployment } = await tidegate.deploy(await prepareDeploy(resolved, platform.store))
for await (const { status, doing, gate } of tidegate.watch(deployment)) {
  console.log(status, doing)
  if (gate?.kind === 'promotion') await tidegate.promote(deployment, { id: gate.name, reason: 'looks well' })
}
await tidegate.close()
