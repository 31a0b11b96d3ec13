/** One attempt of a probe, and the watch over many. */

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Probe, ProbeAction } from '../../../spec/model.ts'
import { grpcHealth } from './probe-grpc.ts'

/** What probes need to know of the instance. */
export interface Probed {
  /** The port that a probe means: by name, by the number in the spec, or the first. */
  port: (wanted: string | number | undefined) => number
  cwd: string
  env: Record<string, string>
}

const host = '127.0.0.1'

/** @returns null when it answered well, else why not */
export async function attempt(action: ProbeAction, at: Probed, timeoutMs: number): Promise<string | null> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    switch (action.kind) {
      case 'http':
        return await httpAnswer(action.path, at.port(action.port), signal)
      case 'tcp':
        return await tcpAnswer(at.port(action.port), signal)
      case 'grpc':
        return await grpcHealth(at.port(action.port), action.service ?? '', signal)
      case 'command':
        return await commandAnswer(action.command, at, signal)
    }
  } catch (error) {
    if (signal.aborted) return `no answer within ${timeoutMs} ms`
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * Probes until the signal aborts; tells each change between well and unwell. Until it is well for the first time
 * it asks at least every 100 ms, so that nobody waits for a long interval to pass.
 */
export async function watchProbe(
  probe: Probe,
  at: Probed,
  signal: AbortSignal,
  tell: (well: boolean, why: string | null) => void,
): Promise<void> {
  let [successes, failures] = [0, 0]
  let well: boolean | undefined
  const began = Date.now()
  try {
    await wait(probe.initialDelayMs, null, { signal })
    while (!signal.aborted) {
      const why = await attempt(probe.action, at, probe.timeoutMs)
      if (signal.aborted) return
      if (why === null) [successes, failures] = [successes + 1, 0]
      else [successes, failures] = [0, failures + 1]
      if (successes >= probe.successThreshold && well !== true) {
        well = true
        tell(true, null)
      }
      // Asked more often than the spec says at first, so by then it is time that counts, not attempts.
      const patience = probe.initialDelayMs + probe.failureThreshold * probe.intervalMs
      const enough = well === undefined ? Date.now() - began >= patience : failures >= probe.failureThreshold
      if (why !== null && enough && well !== false) {
        well = false
        tell(false, why)
      }
      await wait(well === true ? probe.intervalMs : Math.min(probe.intervalMs, 100), null, { signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function httpAnswer(path: string, port: number, signal: AbortSignal): Promise<string | null> {
  const request = get({ host, port, path, signal, agent: false, headers: { 'user-agent': 'tidegate-probe' } })
  const [response] = await once(request, 'response')
  response.resume()
  const { statusCode } = response
  // Kubernetes' rule for httpGet: 200 and above, below 400.
  return statusCode >= 200 && statusCode < 400 ? null : `${path} answered ${statusCode}`
}

async function tcpAnswer(port: number, signal: AbortSignal): Promise<string | null> {
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect', { signal })
    return null
  } finally {
    socket.destroy()
  }
}

function commandAnswer([file = '', ...args]: string[], at: Probed, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const path = file === 'node' ? process.execPath : file
    execFile(path, args, { cwd: at.cwd, env: at.env, signal }, (error) => {
      if (signal.aborted) reject(error)
      else resolve(error ? `${file} ended with ${error.code ?? error.message}` : null)
    })
  })
}
