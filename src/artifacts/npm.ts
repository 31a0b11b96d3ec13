import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type Arborist from '@npmcli/arborist'
import { TidegateError } from '../errors.ts'
import type { Provenance } from '../spec/model.ts'
import { packDirectory } from './archive.ts'
import { type NpmOptions, npmSettings } from './npm-settings.ts'

export interface NpmFetchOptions {
  /** Nothing is written anywhere else. */
  cacheDir: string
  /** Over what npm's own configuration says. */
  registryOptions?: NpmOptions
  signal?: AbortSignal
  /** Told in words what is being done. */
  onProgress?: (text: string) => void
}

export interface NpmPackage {
  archive: Uint8Array
  provenance: Provenance
}

/**
 * Fetches a package and its production dependencies, each checked against the registry's integrity, and packs them
 * as `npm install` lays them out in an empty folder: `node_modules/…`, commands in `node_modules/.bin`. Install
 * scripts are not run. The archive's bytes depend on the resolved packages alone.
 * @throws `artifact.not-found`, `artifact.denied`, `artifact.corrupt`, `artifact.unavailable`
 * @throws `input.invalid` when a dependency comes from where nothing can be checked (a git address)
 */
export async function fetchNpmPackage(
  { name, version }: { name: string; version: string },
  { cacheDir, registryOptions, signal, onProgress = () => {} }: NpmFetchOptions,
): Promise<NpmPackage> {
  signal?.throwIfAborted()
  const artifact = `${name}@${version}`
  const settings = { ...(await npmSettings()), ...registryOptions }
  await mkdir(cacheDir, { recursive: true })
  const directory = await mkdtemp(join(resolve(cacheDir), 'npm-install-'))
  const work = install(artifact, name, directory, { ...settings, cache: join(resolve(cacheDir), 'npm') }, onProgress)
  const clean = () => rm(directory, { recursive: true, force: true, maxRetries: 3 })
  // arborist can't be cancelled: its folder goes when it has come to its end, whoever still waits for that.
  const cleaned = work.then(clean, clean)
  try {
    const done = await unlessAborted(work, signal)
    await cleaned
    return done
  } catch (error) {
    signal?.throwIfAborted()
    throw explained(error, artifact)
  }
}

async function install(
  artifact: string,
  name: string,
  path: string,
  settings: NpmOptions,
  onProgress: (text: string) => void,
): Promise<NpmPackage> {
  const { default: Npm } = await import('@npmcli/arborist')
  const npm = new Npm({ ...settings, path, ignoreScripts: true, audit: false, fund: false } as Arborist.Options)
  onProgress(`resolving ${artifact}`)
  const tree = await npm.buildIdealTree({ add: [artifact], saveType: 'prod' })
  const nodes = [...tree.inventory.values()].filter((node) => node !== tree && !node.dev)
  onProgress(`fetching ${nodes.length} packages of ${artifact}`)
  await npm.reify({ save: false, omit: ['dev'] })
  const dependencies: Record<string, string> = {}
  let integrity: string | undefined
  for (const node of nodes) {
    // A bundled one is inside the archive of the package that bundles it, which was checked.
    if (!node.integrity && !node.inBundle) throw unverifiable(node.name, node.resolved)
    if (node.location === `node_modules/${name}`) integrity = node.integrity ?? undefined
    else dependencies[node.location.slice('node_modules/'.length)] = `${node.version} ${node.integrity ?? 'bundled'}`
  }
  onProgress(`packing ${artifact}`)
  // npm's note to itself about this folder; the same facts are in the provenance.
  const archive = await packDirectory(path, { exclude: ['/node_modules/.package-lock.json'] })
  return { archive, provenance: { source: `npm:${artifact}`, integrity, dependencies } }
}

function unlessAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work
  return new Promise((done, failed) => {
    const stop = () => failed(signal.reason)
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(done, failed).finally(() => signal.removeEventListener('abort', stop))
  })
}

const unverifiable = (name: string, resolved: string | null | undefined) =>
  new TidegateError('input.invalid', {
    detail: `The dependency ${name} comes without an integrity to check it by (${resolved ?? 'no source'})`,
    remedy: 'Use a version whose dependencies are all from a registry, or deploy a folder (`artifact: ./dir`).',
  })

/** What npm's libraries throw, as an error of the table. Their messages name addresses, never credentials. */
function explained(error: unknown, artifact: string): unknown {
  if (error instanceof TidegateError) return error
  const { code = '', message = String(error), ...facts } = (error ?? {}) as Record<string, string | undefined>
  const detail = message.split('\n')[0] ?? message
  switch (code) {
    case 'E404':
    case 'ETARGET':
    case 'ENOVERSIONS':
    case 'EINVALIDPACKAGENAME':
    case 'EINVALIDTAGNAME':
      return new TidegateError('artifact.not-found', { artifact, detail }, { cause: error })
    case 'E401':
    case 'E403':
    case 'ENEEDAUTH':
      return new TidegateError('artifact.denied', { artifact, detail }, { cause: error })
    case 'EINTEGRITY': {
      const { expected = '?', found = '?' } = facts
      return new TidegateError(
        'artifact.corrupt',
        { artifact, expected: `${expected}`, actual: `${found}` },
        { cause: error },
      )
    }
    default:
      return new TidegateError('artifact.unavailable', { artifact, detail }, { cause: error })
  }
}
