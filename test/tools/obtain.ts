/** Run by the tests as a process of its own: obtains a Temporal server into a folder, by the ways that are named. */

import { obtainTemporal, temporalWays } from '../../tools/temporal.ts'

const [cacheDir, ...ways] = process.argv.slice(2)
const rows = temporalWays.filter((row) => ways.includes(row.way))
try {
  const obtained = await obtainTemporal({ cacheDir, ways: rows, log: (line) => process.stderr.write(`${line}\n`) })
  process.stdout.write(JSON.stringify(obtained))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
