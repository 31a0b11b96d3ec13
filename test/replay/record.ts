/**
 * Records golden histories: `TIDEGATE_RECORD=v0.1.0 npx vitest run --project live test/replay`. Once for each
 * released version, and never again for that version: later code has to replay what that one wrote.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Engine } from '../engine/harness.ts'
import { toPlain } from './history-file.ts'
import { scenarios } from './scenarios.ts'

/** Plays every scenario and writes the histories of its executions, one file each. */
export async function record(engine: Engine, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  for (const [name, play] of Object.entries(scenarios)) {
    for (const id of await play(engine, name)) {
      const history = toPlain(await engine.handle(id).fetchHistory(), hostname())
      const what = id.replace(/^(deployment|service)\/production\/[^/]+\/[^/]+/, '$1').replaceAll('/', '-')
      const text = JSON.stringify({ workflowId: id, history })
      await writeFile(join(dir, `${name}.${what}.json`), `${text}\n`)
    }
  }
}
