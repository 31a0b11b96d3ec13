/** What the quickstart says at its end, for people and for programs. */
import Table from 'cli-table3'
import type { Platform, TrafficReport } from '../../platforms/port.ts'
import type { Stack } from '../stack.ts'
import { plainTable } from '../table.ts'
import type { Played } from './scenes.ts'

export interface QuickstartJson {
  ok: boolean
  seconds: number
  deployments: { version: string; strategy: string | null; outcome: string; previous: string | null }[]
  /** As the proxy counted them. */
  requests: Record<string, { total: number; failed: number }>
  links: { ui: string; shop: string }
}

export interface Report {
  lines: string[]
  missed: string[]
  json: QuickstartJson
}

export async function report(
  played: Played,
  { platform, stack, seconds }: { platform: Platform; stack: Stack; seconds: number },
): Promise<Report> {
  const traffic = await platform.traffic?.(played.target)
  const requests = traffic ? byVersion(traffic) : {}
  const missed = [...played.missed]
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
    if (!requests[version]?.total) missed.push(`the proxy to count requests of ${version}`)
  }
  const deployments = played.deployments.map(({ version, strategy, status, previous }) => ({
    version,
    strategy,
    outcome: status,
    previous: previous?.version ?? null,
  }))
  const links = { ui: `${stack.uiAddress}/namespaces/default/workflows`, shop: played.endpoint }
  const json = { ok: missed.length === 0, seconds: Math.round(seconds * 10) / 10, deployments, requests, links }
  return { lines: [timeline(played), '', counted(requests)], missed, json }
}

function timeline({ deployments }: Played): string {
  const table = new Table({ ...plainTable, head: ['#', 'version', 'strategy', 'outcome', 'took', 'why'] })
  for (const d of deployments) {
    const took = (Date.parse(d.endedAt ?? d.acceptedAt) - Date.parse(d.acceptedAt)) / 1000
    table.push([
      d.number,
      d.version,
      d.strategy ?? '',
      d.status,
      `${took.toFixed(1)} s`,
      (d.outcome ?? '').slice(0, whyWidth),
    ])
  }
  return trimmed(table)
}

function counted(requests: QuickstartJson['requests']): string {
  const table = new Table({ ...plainTable, head: ['version', 'requests', 'failed'] })
  for (const [version, { total, failed }] of Object.entries(requests)) table.push([version, total, failed])
  return trimmed(table)
}

/** Cells are padded to the widest; at the end of a line that would wrap. */
const trimmed = (table: { toString(): string }) =>
  table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
const whyWidth = 60

/** Release ids are `<version>-<8 hex>`; several releases of a version count together. */
function byVersion(traffic: TrafficReport): QuickstartJson['requests'] {
  const requests: QuickstartJson['requests'] = {}
  for (const [id, counters] of Object.entries(traffic.releases)) {
    const version = id.replace(/-[0-9a-f]{8}$/, '')
    const before = requests[version] ?? { total: 0, failed: 0 }
    requests[version] = { total: before.total + counters.requests, failed: before.failed + counters.errors }
  }
  return Object.fromEntries(Object.entries(requests).sort(([a], [b]) => a.localeCompare(b)))
}
