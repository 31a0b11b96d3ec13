/**
 * Run as a process of its own, so that a download that hangs can be ended: has the Temporal SDK download its
 * development server into the folder of the first argument (it does so by starting it once).
 */

import { TestWorkflowEnvironment } from '@temporalio/testing'

const downloadDir = process.argv[2]
if (!downloadDir) throw new Error('Name the folder to download into')

try {
  const started = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir } },
  })
  await started.teardown()
} catch (error) {
  // The SDK repeats its sentence for each layer; the last part is the cause.
  const parts = String((error as Error).message).split(': ')
  process.stderr.write(`${parts.slice(-2).join(': ')}\n`)
  process.exitCode = 1
}
