/** Live traffic for the quickstart: visitors that never stop, and what each of them was answered. */
import { Pool } from 'undici'

/** What visitors saw of one version. */
export interface Seen {
  total: number
  failed: number
}

export interface Visitors {
  /** By the version that answered; `?` where nothing did. */
  readonly seen: ReadonlyMap<string, Seen>
  /** Answers of the last `ms` milliseconds by version: the weights as a visitor sees them. */
  recent(ms: number): Map<string, number>
  stop(): Promise<void>
}

const versionHeader = 'x-shop-version'
/** Requests in flight at most; a service that hangs does not make visitors pile up. */
const mostAtOnce = 100
const remembered = 20_000

/** Sends `perSecond` requests a second to the address until it is stopped. Loopback only. */
export function sendVisitors(address: string, perSecond: number): Visitors {
  const pool = new Pool(address, { connections: 20, pipelining: 1 })
  const seen = new Map<string, Seen>()
  const log: { at: number; version: string }[] = []
  let inFlight = 0
  let stopped = false

  const note = (version: string, failed: boolean) => {
    const entry = seen.get(version) ?? { total: 0, failed: 0 }
    seen.set(version, { total: entry.total + 1, failed: entry.failed + (failed ? 1 : 0) })
    log.push({ at: Date.now(), version })
    if (log.length > remembered) log.splice(0, remembered / 2)
  }
  const visit = async () => {
    inFlight++
    try {
      const { statusCode, headers, body } = await pool.request({ path: '/', method: 'GET', headersTimeout: 10_000 })
      await body.dump()
      note(String(headers[versionHeader] ?? '?'), statusCode >= 500)
    } catch {
      if (!stopped) note('?', true)
    } finally {
      inFlight--
    }
  }

  const began = Date.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - began) / 1000) * perSecond)
    for (; sent < due; sent++) if (inFlight < mostAtOnce) void visit()
  }, 10)

  return {
    seen,
    recent(ms) {
      const counts = new Map<string, number>()
      const since = Date.now() - ms
      for (let i = log.length - 1; i >= 0; i--) {
        const entry = log[i]
        if (!entry || entry.at < since) break
        counts.set(entry.version, (counts.get(entry.version) ?? 0) + 1)
      }
      return counts
    },
    async stop() {
      if (stopped) return
      stopped = true
      clearInterval(timer)
      while (inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 10))
      await pool.close()
    },
  }
}
