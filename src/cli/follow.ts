/** Stays with a deployment. What it follows goes on, whatever happens here. */
import { setTimeout as wait } from 'node:timers/promises'
import type { TidegateClient } from '../client/index.ts'
import { exitCodes } from '../errors.ts'
import type { Platform } from '../platforms/port.ts'
import type { DeploymentState } from '../workflows/messages.ts'
import { isOver } from '../workflows/status.ts'
import { exitCodeOf } from './exit-code.ts'
import { commandFor, harmless, openGate, statusText, type View } from './live-view.ts'
import { createObserver } from './observing.ts'
import type { Output } from './output.ts'
import { createPresenter, type Presenter } from './presenter.ts'

export interface FollowOptions {
  platform: Platform | null
  /** `person`: go when a person is needed; `end`: only when it can't end by itself. */
  until: 'person' | 'end'
  timeoutMs?: number
  /** An abort was what was asked for: its end is success. */
  asked?: 'abort'
  /** With `--json`: an object for each change (`watch`), not for the end alone. */
  changes?: boolean
}

/** How often the view is drawn again (ms). */
const drawEvery = 500
/** What a command has when it was left with Ctrl-C, as shells have it. */
const interrupted = 130

/** Returns the exit code. */
export async function follow(client: TidegateClient, out: Output, id: string, options: FollowOptions): Promise<number> {
  const left = new AbortController()
  const interrupt = () => left.abort('interrupted')
  // Not `once`: the live view restores the cursor by a listener that ends the process where it is the only one left.
  process.on('SIGINT', interrupt)
  const timer = options.timeoutMs === undefined ? null : setTimeout(() => left.abort('timeout'), options.timeoutMs)
  const presenter = await createPresenter(out, { changes: options.changes === true })
  const seen: { state: DeploymentState | null } = { state: null }
  try {
    const settled = observe(client, id, options, presenter, left.signal, seen)
    const others = options.until === 'person' ? [whenHeldBack(client, seen, left.signal)] : []
    const why = await Promise.race([settled, whenAborted(left.signal), ...others])
    presenter.done()
    const exit = exitOf(why, seen.state, options)
    if (!options.changes) {
      const evidence =
        why === 'over' ? (await client.result(id).catch(() => null))?.evidence : seen.state?.progress?.evidence
      out.object({ deployment: id, ...seen.state, evidence: evidence ?? [], exit })
    }
    for (const line of lastWords(why, seen.state, out, presenter.live)) out.line(line)
    if (why !== 'over')
      out.line(`It goes on without this command. Come back: ${commandFor({ target: client.targetOf(id) }, 'watch')}`)
    return exit
  } finally {
    left.abort()
    if (timer) clearTimeout(timer)
    process.removeListener('SIGINT', interrupt)
  }
}

/** Why it was left: it has ended, a person is needed, or whoever followed it had enough. */
type Why = 'over' | 'person' | 'timeout' | 'interrupted'

/** Until the deployment has come to where the caller wants it. */
async function observe(
  client: TidegateClient,
  id: string,
  { platform, until }: FollowOptions,
  presenter: Presenter,
  signal: AbortSignal,
  seen: { state: DeploymentState | null },
): Promise<Why> {
  const plan = await client.plan(id)
  let view: View | null = null
  const changed = (change: Partial<View>) => {
    if (view && !signal.aborted) presenter.draw(Object.assign(view, change, { now: Date.now() }))
  }
  const onTrouble = (error: Error) => changed({ trouble: error.message })
  const look = createObserver(platform, client.targetOf(id))
  if (presenter.live) void redraw(async () => changed(await look()), signal)

  for await (const state of client.watch(id, { signal, onTrouble })) {
    seen.state = state
    view = { state, plan, ...(await look()), trouble: null, now: Date.now() }
    presenter.show(view)
    if (isOver(state.status)) return 'over'
    if (state.status === 'rollback_blocked') return 'person'
    if (until === 'person' && openGate(state)) return 'person'
  }
  return signal.reason as Why
}

/**
 * Behind a paused queue it waits for a person, though no gate of its own is open. It is asked for by itself: the
 * queue can be paused while nothing changes about the deployment.
 */
async function whenHeldBack(
  client: TidegateClient,
  seen: { state: DeploymentState | null },
  signal: AbortSignal,
): Promise<Why> {
  while (!signal.aborted) {
    if (seen.state?.status === 'pending') {
      const service = await client.service(seen.state.target).catch(() => null)
      if (service?.queuePaused && service.queue.some(({ id }) => id === seen.state?.id)) return 'person'
    }
    await wait(drawEvery, undefined, { signal }).catch(() => undefined)
  }
  return signal.reason as Why
}

async function redraw(draw: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await draw()
    await wait(drawEvery, undefined, { signal }).catch(() => undefined)
  }
}

function exitOf(why: Why, state: DeploymentState | null, { asked }: FollowOptions): number {
  if (why === 'interrupted') return interrupted
  return state && why !== 'timeout' ? exitCodeOf(state.status, asked) : exitCodes.waiting
}

function lastWords(why: Why, state: DeploymentState | null, { colour }: Output, drawn: boolean): string[] {
  if (!state || why !== 'over') return why === 'timeout' ? ['The time of --timeout is over.'] : []
  const took = state.endedAt && (Date.parse(state.endedAt) - Date.parse(state.acceptedAt)) / 1000
  const time = typeof took === 'number' ? ` after ${took.toFixed(1)} s` : ''
  const { outcome, doing } = harmless(state)
  const end = `${state.target.service} ${state.version} is ${statusText(state.status, colour)}${time}: ${outcome ?? doing}`
  return [...(drawn ? [] : [end]), ...(state.error ? [state.error.remedy] : [])]
}

const whenAborted = (signal: AbortSignal) =>
  new Promise<Why>((resolve) => signal.addEventListener('abort', () => resolve(signal.reason as Why), { once: true }))
