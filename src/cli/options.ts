/** Flags as commander hands them over; each command reads those that it declares. */
import type { Output } from './output.ts'

export interface Options {
  json?: boolean
  debug?: boolean
  /** File of the engine's configuration. */
  config?: string
  /** host:port of Temporal. */
  address?: string
  namespace?: string
  environment?: string
  location?: string
  /** File of the spec. */
  file?: string
  number?: string
  by?: string
  reason?: string
  requestId?: string
  yes?: boolean
  wait?: boolean | string
  timeout?: string
  watch?: boolean

  version?: string
  image?: string
  artifact?: string
  replicas?: string
  strategy?: string
  whenBusy?: string
  onFailure?: string
  takeOver?: boolean
  force?: boolean

  gate?: string
  full?: boolean
  queue?: boolean
  to?: string
  kind?: string
  direct?: boolean

  follow?: boolean
  tail?: string
  slot?: string

  service?: string
  command?: string
  port?: string
  ready?: string
  leave?: boolean
  stop?: boolean
  keep?: boolean
}

/** A command: returns its exit code, throws errors of the table. */
export type Action = (out: Output, options: Options, ...args: (string | undefined)[]) => Promise<number>
