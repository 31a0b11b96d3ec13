/** The part of npm's configuration reader that is used here; it comes without types. */
declare module '@npmcli/config' {
  export default class Config {
    constructor(options: {
      npmPath: string
      definitions: unknown
      shorthands: unknown
      flatten: unknown
      nerfDarts?: unknown
      argv: string[]
      env: Record<string, string | undefined>
      execPath: string
      cwd: string
      warn?: boolean
    })
    load(): Promise<void>
    /** Every option under the name that npm's libraries take it by. */
    readonly flat: Readonly<Record<string, unknown>>
  }
}

declare module '@npmcli/config/lib/definitions/index.js' {
  const all: { definitions: unknown; shorthands: unknown; flatten: unknown; nerfDarts: unknown }
  export default all
}
