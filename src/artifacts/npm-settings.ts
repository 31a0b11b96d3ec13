import { realpath } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'

/** Options of npm's libraries, by the names that they use. */
export type NpmOptions = Readonly<Record<string, unknown>>

/** Where packages come from and how they are reached; nothing of what `npm install` would do with them. */
const wanted = new Set([
  'registry',
  'before',
  'ca',
  'cert',
  'key',
  'proxy',
  'httpsProxy',
  'noProxy',
  'strictSSL',
  'localAddress',
  'maxSockets',
  'replaceRegistryHost',
  'retry',
  'timeout',
  'userAgent',
])

/**
 * What npm itself would use here: registry (of scopes too), credentials, proxies, certificates, retries, from the
 * environment and every .npmrc. Read by npm's own library, since neither pacote nor arborist reads any.
 */
export async function npmSettings(
  cwd = process.cwd(),
  env: Record<string, string | undefined> = process.env,
): Promise<NpmOptions> {
  const { default: Config } = await import('@npmcli/config')
  const { default: definitions } = await import('@npmcli/config/lib/definitions/index.js')
  // The library writes into the environment that it is given, and reads the command line of the process.
  const config = new Config({
    ...definitions,
    ...(await npmPlace(env)),
    env: { ...env },
    argv: ['node', 'npm'],
    cwd,
    warn: false,
  })
  await config.load()
  return Object.fromEntries(
    Object.entries(config.flat).filter(
      ([name, value]) =>
        value !== undefined &&
        value !== null &&
        (wanted.has(name) || name.startsWith('//') || name.endsWith(':registry')),
    ),
  )
}

/** The npm on the path, which need not be beside the Node that runs this: its global configuration counts. */
async function npmPlace(env: Record<string, string | undefined>): Promise<{ npmPath: string; execPath: string }> {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const script = await realpath(join(folder, 'npm')).catch(() => null)
    if (script) return { npmPath: dirname(dirname(script)), execPath: env.npm_node_execpath ?? join(folder, 'node') }
  }
  return { npmPath: dirname(process.execPath), execPath: process.execPath }
}
