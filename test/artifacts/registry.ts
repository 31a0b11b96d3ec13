import { createHash } from 'node:crypto'
import { tarball } from '../../src/artifacts/tarball.ts'
import { type Served, serve } from '../outside/serve.ts'

export interface Package {
  name: string
  version: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  scripts?: Record<string, string>
  bin?: Record<string, string>
  files?: Record<string, string>
}

export interface Registry extends Served {
  /** Names of packages whose archives are served with a byte changed. */
  tampered: Set<string>
}

/** A package registry of npm's protocol on loopback: what it serves is real, so that what reads it is too. */
export async function serveRegistry(packages: readonly Package[]): Promise<Registry> {
  const archives = new Map<string, Uint8Array>()
  for (const { files = {}, ...manifest } of packages) {
    const all = { 'package.json': JSON.stringify(manifest), ...files }
    const content = await tarball(
      Object.entries(all).map(([path, text]) => ({
        kind: 'file',
        path: `package/${path}`,
        executable: false,
        content: Buffer.from(text),
      })),
    )
    archives.set(`/${manifest.name}/-/${manifest.version}.tgz`, content)
  }
  const tampered = new Set<string>()
  const server = await serve(({ url }, response) => {
    const path = decodeURIComponent(url)
    const archive = archives.get(path)
    if (archive) {
      const changed = Buffer.from(archive)
      if (tampered.has(path.split('/')[1] ?? '')) changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
      return response.end(changed)
    }
    if (path === '/forbidden') response.statusCode = 403
    else if (path === '/unwell') response.statusCode = 500
    const versions = packages.filter(({ name }) => `/${name}` === path)
    if (versions.length === 0) {
      if (response.statusCode === 200) response.statusCode = 404
      return response.end('{}')
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(packument(versions)))
  })

  function packument(versions: readonly Package[]) {
    const { name, version: latest } = versions.at(-1) as Package
    const dist = (version: string) => {
      const path = `/${name}/-/${version}.tgz`
      const sha512 = createHash('sha512')
        .update(archives.get(path) ?? '')
        .digest('base64')
      return { tarball: `${server.url}${path}`, integrity: `sha512-${sha512}` }
    }
    const listed = versions.map(({ files: _, ...manifest }) => [
      manifest.version,
      { ...manifest, hasInstallScript: manifest.scripts?.postinstall !== undefined, dist: dist(manifest.version) },
    ])
    return { name, 'dist-tags': { latest }, versions: Object.fromEntries(listed) }
  }

  return { ...server, tampered }
}
