/** Shows views: redrawn in place on a terminal, a line a change in a pipe, an object a change with `--json`. */
import { gateLines, harmless, openGate, renderView, timelineLine, timelineOf, type View } from './live-view.ts'
import type { Output } from './output.ts'

export interface Presenter {
  /** Whether the last view stays on the screen. */
  readonly live: boolean
  show(view: View): void
  /** The same view at a later time. Only a screen draws it again. */
  draw(view: View): void
  done(): void
}

/** `changes`: with `--json`, an object for each of them; otherwise the end alone is told, by whoever waits for it. */
export function createPresenter(out: Output, { changes }: { changes: boolean }): Promise<Presenter> {
  return out.live ? screen(out) : Promise.resolve(lines(out, changes))
}

async function screen(out: Output): Promise<Presenter> {
  const { default: logUpdate } = await import('log-update')
  const draw = (view: View) =>
    logUpdate(renderView(view, { colour: out.colour, columns: process.stdout.columns || 80 }).join('\n'))
  return { live: true, show: draw, draw, done: () => logUpdate.done() }
}

function lines(out: Output, changes: boolean): Presenter {
  const printed = new Set<string>()
  let gateShown: string | null = null
  return {
    live: false,
    show({ state: given, observed = null, traffic = null }) {
      if (changes) out.object({ ...given, observed, traffic })
      const state = harmless(given)
      for (const entry of timelineOf(state)) {
        const key = `${entry.at} ${entry.text}`
        if (!printed.has(key)) out.line(timelineLine(entry))
        printed.add(key)
      }
      const gate = openGate(state)
      if (gate && gate.name !== gateShown) for (const line of gateLines(state, gate, out.colour)) out.line(line)
      gateShown = gate?.name ?? null
    },
    draw: () => undefined,
    done: () => undefined,
  }
}
