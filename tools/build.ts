/** `npm run build`: what the package ships, in dist/. JavaScript and types by tsc, and the workflows as one script. */

import { chmod, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { execa } from 'execa'

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')

await rm(dist, { recursive: true, force: true })
const tsc = await execa('tsc', ['-p', 'tsconfig.build.json'], {
  cwd: root,
  preferLocal: true,
  stdio: 'inherit',
  reject: false,
})
if (tsc.failed) process.exit(1)

// The compiled code makes its own bundle, so that what is shipped is what was bundled.
const bundling = pathToFileURL(join(dist, 'tools', 'workflow-bundle.js')).href
const { bundleWorkflows } = (await import(bundling)) as typeof import('./workflow-bundle.ts')
await writeFile(join(dist, 'workflow-bundle.js'), await bundleWorkflows())
await chmod(join(dist, 'src', 'cli', 'main.js'), 0o755)
