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
  const { path } = await obtainTemporal({ log })
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-test-'))
  const started = startTemporal({ path, dir })
  const teardown = async () => {
    await started.then((temporal) => temporal.stop()).catch(() => {})
    await rm(dir, { recursive: true, force: true })
  }
  try {
    const code = existsSync(workflowsPath) ? await bundleWorkflows() : ''
    const bundle = join(dir, 'workflow-bundle.js')
    await writeFile(bundle, code)
    project.provide('temporalAddress', (await started).address)
    project.provide('temporalCli', path)
    project.provide('workflowBundle', bundle)
    return teardown
  } catch (error) {
    await teardown()
    throw error
  }
}
