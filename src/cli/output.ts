/** What a command says: lines for people, or with `--json` one object a line and nothing else. */
import pc from 'picocolors'

export type Colours = ReturnType<typeof pc.createColors>

export interface Output {
  json: boolean
  /** Whether lines can be redrawn in place, and somebody is there to read them. */
  live: boolean
  columns: number
  colour: Colours
  /** For people, on standard output; silent with `--json`. */
  line(text?: string): void
  /** Beside the result, on standard error; silent with `--json`. */
  note(text: string): void
  /** For programs; silent without `--json`. */
  object(value: unknown): void
}

/** `NO_COLOR` (no-color.org) and anything but a terminal turn colour off. */
export function createOutput({ json = false }: { json?: boolean } = {}): Output {
  const terminal = process.stdout.isTTY === true && !json && process.env.TERM !== 'dumb'
  return {
    json,
    live: terminal,
    columns: process.stdout.columns || 200,
    colour: pc.createColors(terminal && !process.env.NO_COLOR),
    line(text = '') {
      if (!json) process.stdout.write(`${text}\n`)
    },
    note(text) {
      if (!json) process.stderr.write(`${text}\n`)
    },
    object(value) {
      if (json) process.stdout.write(`${JSON.stringify(value)}\n`)
    },
  }
}
