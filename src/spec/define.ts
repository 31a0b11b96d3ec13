import type { ConfigFile } from './config-schema.ts'
import type { ServiceSpec } from './schema.ts'

/**
 * A service's spec in TypeScript: types and completion, nothing else. It is checked like any other when it is read.
 * @example export default defineService({ service: 'shop', artifact: '.', command: 'node server.js', port: 8080 })
 */
export function defineService(spec: ServiceSpec): ServiceSpec {
  return spec
}

/** The engine's configuration in TypeScript. */
export function defineConfig(config: ConfigFile): ConfigFile {
  return config
}
