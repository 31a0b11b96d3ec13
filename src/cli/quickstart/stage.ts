/** What the scenes are played on: deploy, follow live, answer gates, and look at what visitors are served. */
import { createLogUpdate } from 'log-update'
import pc from 'picocolors'
import {
  type Accepted,
  type DeploymentState,
  type DeploymentSummary,
  prepareDeploy,
  type TidegateClient,
} from '../../client/index.ts'
import type { Platform } from '../../platforms/port.ts'
import { loadConfig, loadSpec, resolve, type Target } from '../../spec/index.ts'
import { renderView, timelineOf, type View } from '../live-view.ts'
import { createObserver } from '../observing.ts'
import { sendVisitors, type Visitors } from './visitors.ts'

const perSecond = 200

export interface Stage {
  readonly client: TidegateClient
  readonly platform: Platform
  readonly visitors: Visitors | null
  say(text: string): void
  /** Deploys a version of the spec in `directory` to production. */
  deploy(directory: string, version: string): Promise<Accepted & { target: Target }>
  /** Follows live until it is over; `onState` may answer gates. */
  follow(accepted: Accepted, onState?: (state: DeploymentState) => Promise<void>): Promise<DeploymentSummary>
  /** Opens the doors: from now on there is traffic. */
  open(target: Target): Promise<string>
  /** Shares of the last second by version, in percent. */
  shares(): Map<string, number>
  close(): Promise<void>
}

export function createStage(given: { client: TidegateClient; platform: Platform; out: NodeJS.WriteStream }): Stage {
  const { client, platform, out } = given
  const live = out.isTTY ? createLogUpdate(out) : null
  let visitors: Visitors | null = null

  const shares = () => {
    const recent = visitors?.recent(1_000) ?? new Map<string, number>()
    const all = [...recent.values()].reduce((a, b) => a + b, 0)
    return new Map([...recent].map(([version, count]) => [version, Math.round((100 * count) / all)]))
  }
  const say = (text: string) => {
    live?.clear()
    out.write(`${text}\n`)
  }

  /** Redrawn in place: the deployment, and below it who is served what. What is said meanwhile goes above. */
  const liveView = async (id: string) => {
    const plan = await client.plan(id)
    const look = createObserver(platform, client.targetOf(id))
    let view: View | null = null
    const draw = () => {
      if (!view || !live) return
      const block = renderView({ ...view, now: Date.now() }, { colour: pc, columns: out.columns ?? 80 })
      live([...block, '', ...bars(shares())].join('\n'))
    }
    const timer = setInterval(() => {
      void look().then((seen) => {
        if (view) view = { ...view, ...seen }
        draw()
      })
    }, 200)
    return {
      show(state: DeploymentState) {
        view = { ...view, state, plan, now: Date.now() }
        draw()
      },
      async end() {
        clearInterval(timer)
        const seen = await look()
        if (view) view = { ...view, ...seen }
        draw()
        live?.done()
      },
    }
  }

  return {
    client,
    platform,
    get visitors() {
      return visitors
    },
    say,
    shares,
    async deploy(directory, version) {
      const spec = await loadSpec({ cwd: directory })
      const config = await loadConfig({ cwd: directory })
      const resolved = resolve({ spec, config, environment: 'production', overrides: { version }, platform })
      const prepared = await prepareDeploy(resolved, platform.store)
      const accepted = await client.deploy(prepared, { by: 'quickstart' })
      return { ...accepted, target: resolved.target }
    },
    async follow(accepted, onState) {
      const view = live ? await liveView(accepted.deployment) : null
      const printed = new Set<string>()
      try {
        for await (const state of client.watch(accepted.deployment)) {
          view?.show(state)
          for (const { at, text } of view ? [] : timelineOf(state)) {
            // The deployment repeats what its strategy waits for: once is enough here.
            if (printed.has(text)) continue
            printed.add(text)
            say(`  ${pc.dim(at.slice(11, 19))}  ${text}`)
          }
          await onState?.(state)
        }
        return await client.result(accepted.deployment)
      } finally {
        await view?.end()
      }
    },
    async open(target) {
      const { endpoint } = await platform.observe(target)
      if (!endpoint) throw new Error('the platform names no endpoint')
      visitors = sendVisitors(endpoint, perSecond)
      return endpoint
    },
    async close() {
      await visitors?.stop()
    },
  }
}

const width = 50

/** Who is served what, right now: one bar a version. */
function bars(shares: Map<string, number>): string[] {
  const rows = [...shares].sort(([a], [b]) => a.localeCompare(b))
  return rows.map(
    ([version, share]) => `  ${version} ${pc.cyan('█'.repeat(Math.round((share * width) / 100)))} ${share} %`,
  )
}
