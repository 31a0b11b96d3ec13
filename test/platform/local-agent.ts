/** A real agent in a folder of its own, for tests. */

import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startTimeOf } from '../../src/platforms/local/agent/process-table.ts'
import { removeTree } from '../../src/platforms/local/agent/releases.ts'
import { createLocalPlatform } from '../../src/platforms/local/platform.ts'
import { startAgent } from '../../src/platforms/local/start-agent.ts'
import type { Platform, Slot, SlotState, TargetState } from '../../src/platforms/port.ts'
import type { Target } from '../../src/spec/model.ts'

export async function localAgent() {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-agent-'))
  let agent = await startAgent({ dir })
  return {
    dir,
    platform: createLocalPlatform({ dir }),
    get pid() {
      return agent.pid
    },
    get address() {
      return agent.address
    },
    /** As if by `kill -9`, waiting until it is gone. */
    async kill() {
      process.kill(agent.pid, 'SIGKILL')
      await until(async () => !(await isRunning(agent.pid)))
    },
    async restart() {
      agent = await startAgent({ dir })
    },
    async dispose() {
      agent = await startAgent({ dir })
      await agent.stop('stop')
      await removeTree(dir)
    },
  }
}

export type LocalAgentUnderTest = Awaited<ReturnType<typeof localAgent>>

/** Not so for a zombie, which takes signals for as long as nobody reaps it. */
export async function isRunning(pid: number): Promise<boolean> {
  return (await startTimeOf(pid)) !== null
}

/** Waits until the condition holds. */
export async function until(condition: () => Promise<boolean> | boolean, deadlineMs = 10_000): Promise<void> {
  const deadline = Date.now() + deadlineMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not so within ${deadlineMs} ms: ${condition}`)
    await wait(20)
  }
}

export async function untilState(
  platform: Platform,
  target: Target,
  condition: (state: TargetState) => boolean,
  deadlineMs = 10_000,
): Promise<TargetState> {
  let seen: TargetState | undefined
  for await (const state of platform.watch(target, AbortSignal.timeout(deadlineMs))) {
    seen = state
    if (condition(state)) return state
  }
  throw new Error(`not so within ${deadlineMs} ms: ${condition}\n${JSON.stringify(seen, null, 2)}`)
}

const whole = (slot: SlotState | null) =>
  slot !== null && slot.ready === slot.desired && slot.outdated === 0 && slot.instances.length === slot.desired

export const untilReady = (platform: Platform, target: Target, slot: Slot = 'stable') =>
  untilState(platform, target, ({ slots }) => whole(slots[slot]))
