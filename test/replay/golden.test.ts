/** Workflow code of today comes to the commands that the code of each released version came to. */
import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir, hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from '@temporalio/worker'
import pino from 'pino'
import { describe, expect, it } from 'vitest'
import { payloadConverterPath } from '../../tools/workflow-bundle.ts'
import { logSdkTo } from '../../worker/runtime.ts'
import { startEngine } from '../engine/harness.ts'
import { bundlePath } from '../setup/temporal.ts'
import { fromText, inTheClear } from './history-file.ts'
import { record } from './record.ts'

logSdkTo(pino({ level: 'silent' }))
const root = join(import.meta.dirname, 'histories')
const toRecord = process.env.TIDEGATE_RECORD

if (toRecord && !existsSync(join(root, toRecord))) {
  const engine = await startEngine()
  await record(engine, join(root, toRecord))
  await engine.close()
}

const versions = existsSync(root) ? readdirSync(root) : []

describe.each(versions)('the histories of %s', (version) => {
  const dir = join(root, version)
  const files = readdirSync(dir).filter((name) => name.endsWith('.json'))
  const histories = files.map(async (name) => ({ name, text: await readFile(join(dir, name), 'utf8') }))

  it('are replayed without a difference', async () => {
    const options = { workflowBundle: { codePath: bundlePath() }, dataConverter: { payloadConverterPath } }
    const recorded = (await Promise.all(histories)).map(({ text }) => fromText(text))
    const different: string[] = []
    let replayed = 0
    for await (const { workflowId, error } of Worker.runReplayHistories(options, recorded)) {
      replayed++
      if (error) different.push(`${workflowId}: ${error.message}`)
    }
    expect(different).toEqual([])
    expect(replayed).toBe(files.length)
  })

  it('cover every workflow, strategy and end', async () => {
    const all = (await Promise.all(histories)).map(({ text }) => inTheClear(text)).join('\n')
    const words = [
      ...['service', 'deployment', 'canary', 'blueGreen'].map((type) => `"name":"${type}"`),
      ...['canary', 'blue-green', 'rolling', 'recreate'].map((strategy) => `"strategy":"${strategy}"`),
      ...['active', 'rolled_back', 'aborted', 'rejected', 'superseded', 'failed'].map((end) => `"status":"${end}"`),
    ]
    expect(words.filter((word) => !all.includes(word))).toEqual([])
  })

  it('say nothing of the machine that made them', async () => {
    for (const file of histories) {
      const { name, text } = await file
      const all = inTheClear(text)
      for (const word of [process.cwd(), homedir(), tmpdir(), hostname(), '@host'].filter((w) => w.length > 3)) {
        expect(all.includes(`${word}/`) || all.includes(`@${word}`), `${name}: ${word}`).toBe(false)
      }
    }
  })
})
