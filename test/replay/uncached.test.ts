/** Every workflow, strategy and end with no cache at all: each task replays the whole history before it goes on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine/harness.ts'
import { unique } from '../setup/temporal.ts'
import { scenarios } from './scenarios.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine({ maxCachedWorkflows: 0 })
})
afterAll(async () => {
  expect((await engine.close()).length).toBeGreaterThan(0)
})

describe.concurrent('without cached workflows', () => {
  it.each(Object.entries(scenarios))('%s comes to its end', async (name, play) => {
    const ids = await play(engine, unique(name))
    for (const id of ids) expect((await engine.handle(id).describe()).status.name).not.toBe('FAILED')
  })
})
