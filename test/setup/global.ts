/** For the whole run: one Temporal server, and the workflow code bundled once. */

import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { obtainTemporal, startTemporal } from '../../tools/temporal.ts'
import { bundleWorkflows, workflowsPath } from '../../tools/workflow-bundle.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** host:port of the run's Temporal server. */
    temporalAddress: string
    /** The `temporal` binary, for tests that start a server of their own to kill. */
    temporalCli: string
    /** File with the bundled workflow code. */
    workflowBundle: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = (line: string) => process.stderr.write(`${line}\n`)
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-test-'))
  const { path } = await obtainTemporal({ log })
  const bundling = existsSync(workflowsPath) ? bundleWorkflows() : Promise.resolve('')
  const [temporal, code] = await Promise.all([startTemporal({ path, dir }), bundling])
  const bundle = join(dir, 'workflow-bundle.js')
  await writeFile(bundle, code)

  project.provide('temporalAddress', temporal.address)
  project.provide('temporalCli', path)
  project.provide('workflowBundle', bundle)
  return async () => {
    await temporal.stop()
    await rm(dir, { recursive: true, force: true })
  }
}
