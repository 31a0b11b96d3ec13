/** From merged values to the model's workload. Pure; every value is there, by default or said. */

import { splitCommand } from './command-line.ts'
import { parseDuration } from './duration.ts'
import { below, type Leaves } from './layers.ts'
import type { Probe, ProbeAction, Workload } from './model.ts'

export function buildWorkload(leaves: Leaves): Workload {
  const named = (path: string) =>
    below(leaves, path).map(([name, leaf]) => [name, String(leaf.value)] as [string, string])
  const requests = named('workload.resources.requests')
  const limits = named('workload.resources.limits')
  const probes = Object.fromEntries(
    (['startup', 'readiness', 'liveness'] as const).flatMap((name) => {
      const probe = buildProbe(leaves, `workload.probes.${name}`)
      return probe === null ? [] : [[name, probe]]
    }),
  )
  return {
    command: (leaves.get('workload.command')?.value ?? []) as string[],
    args: (leaves.get('workload.args')?.value ?? []) as string[],
    env: Object.fromEntries(named('workload.env')),
    secrets: named('workload.secrets').map(([name, from]) => ({ name, from })),
    ports: below(leaves, 'workload.ports').map(([name, leaf]) => ({ name, port: leaf.value as number })),
    resources: {
      ...(requests.length > 0 && { requests: Object.fromEntries(requests) }),
      ...(limits.length > 0 && { limits: Object.fromEntries(limits) }),
    },
    probes,
    gracePeriodMs: msAt(leaves, 'workload.gracePeriod'),
  }
}

/** Milliseconds of a time that is certainly there. */
export function msAt(leaves: Leaves, path: string): number {
  return parseDuration(leaves.get(path)?.value as string) ?? 0
}

function buildProbe(leaves: Leaves, path: string): Probe | null {
  const action = leaves.get(`${path}.action`)
  if (action === undefined) return null
  return {
    action: probeAction(action.value as Record<string, unknown>),
    initialDelayMs: msAt(leaves, `${path}.initialDelay`),
    intervalMs: msAt(leaves, `${path}.interval`),
    timeoutMs: msAt(leaves, `${path}.timeout`),
    failureThreshold: leaves.get(`${path}.failureThreshold`)?.value as number,
    successThreshold: leaves.get(`${path}.successThreshold`)?.value as number,
  }
}

function probeAction(said: Record<string, unknown>): ProbeAction {
  const [[kind, value]] = Object.entries(said) as [[ProbeAction['kind'], unknown]]
  const fields = value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {}
  const port = typeof value === 'number' || typeof value === 'string' ? { port: value } : {}
  switch (kind) {
    case 'http':
      return { kind, ...(typeof value === 'string' ? { path: value } : (fields as { path: string })) }
    case 'command':
      return { kind, command: commandOf(value) }
    case 'tcp':
      return { kind, ...port }
    case 'grpc':
      return { kind, ...port, ...fields }
  }
}

/** The words of a command in either form. */
export function commandOf(value: unknown): string[] {
  return Array.isArray(value) ? (value as string[]) : (splitCommand(String(value)) ?? [])
}
