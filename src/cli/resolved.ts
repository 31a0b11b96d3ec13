/** The spec as flags, environment and platform make it. */

import type { Platform } from '../platforms/port.ts'
import { type EngineConfig, loadConfig, loadSpec, type ResolvedSpec, resolve } from '../spec/index.ts'
import { placeOf, platformOf } from './address.ts'
import type { Options } from './options.ts'

export async function resolved(
  options: Options,
): Promise<{ spec: ResolvedSpec; config: EngineConfig; platform: Platform }> {
  const config = await loadConfig({ file: options.config })
  const loaded = await loadSpec({ file: options.file })
  const { environment, location } = placeOf(config, options)
  const platform = platformOf(config, location)
  const { version, image, artifact, replicas } = options
  const strategy = options.strategy as 'canary' | undefined
  const overrides = { version, image, artifact, replicas, strategy }
  return { spec: resolve({ spec: loaded, config, environment, location, overrides, platform }), config, platform }
}
