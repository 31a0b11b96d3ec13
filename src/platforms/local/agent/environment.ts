/** What a service's process gets: environment, command and arguments. */

import { readFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import type { ReleaseRef, SecretReference, Workload } from '../../../spec/model.ts'

/** Of the agent's own environment only what any program needs: what else is there (tokens, keys) is not the service's. */
const inherited = ['HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'SystemRoot']

export interface Launch {
  file: string
  args: string[]
  env: Record<string, string>
  cwd: string
}

export interface LaunchFacts {
  service: string
  release: ReleaseRef
  workload: Workload
  /** The unpacked release. */
  cwd: string
  temporary: string
  ports: Record<string, number>
  marker: string
}

/** @throws when a secret cannot be read: the message names the reference, never a value */
export async function launchOf(facts: LaunchFacts): Promise<Launch> {
  const { workload, cwd } = facts
  const env: Record<string, string> = {}
  for (const name of inherited) if (process.env[name] !== undefined) env[name] = process.env[name]
  env.PATH = [join(cwd, 'node_modules', '.bin'), dirname(process.execPath), process.env.PATH ?? ''].join(delimiter)
  Object.assign(env, {
    HOST: '127.0.0.1',
    TMPDIR: facts.temporary,
    TIDEGATE_SERVICE: facts.service,
    TIDEGATE_RELEASE: facts.release.id,
    TIDEGATE_VERSION: facts.release.version,
    TIDEGATE_INSTANCE: facts.marker,
  })
  for (const [index, [name, port]] of Object.entries(facts.ports).entries()) {
    if (index === 0) env.PORT = String(port)
    env[`PORT_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`] = String(port)
  }
  for (const secret of workload.secrets) env[secret.name] = await readSecret(secret)
  for (const [name, value] of Object.entries(workload.env)) env[name] = expand(value, env)

  const [file = '', ...args] = [...workload.command, ...workload.args].map((word) => expand(word, env))
  return { file: file === 'node' ? process.execPath : file, args, env, cwd }
}

/** `$(NAME)` by its value, `$$(NAME)` by `$(NAME)`; an unknown name stays as it is (Kubernetes' rule). */
export function expand(text: string, env: Record<string, string>): string {
  return text.replace(/\$(\$?)\((\w+)\)/g, (whole, escaped: string, name: string) =>
    escaped ? `$(${name})` : (env[name] ?? whole),
  )
}

async function readSecret({ name, from }: SecretReference): Promise<string> {
  const [kind, ...rest] = from.split(':')
  const where = rest.join(':')
  if (kind === 'env') {
    const value = process.env[where]
    if (value === undefined) throw new Error(`secret ${name}: ${where} is not set in the agent's environment`)
    return value
  }
  if (kind === 'file') {
    const value = await readFile(where, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw new Error(`secret ${name}: ${where} cannot be read (${cause.code})`)
    })
    return value.replace(/\r?\n$/, '')
  }
  throw new Error(`secret ${name}: ${from} is neither env:NAME nor file:path`)
}
