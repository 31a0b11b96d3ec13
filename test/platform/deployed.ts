/** Targets of the local platform in the states that tests begin with. */

import { request } from 'undici'
import type { ReleaseRef, Target, Workload } from '../../src/spec/model.ts'
import { type LocalAgentUnderTest, untilReady } from './local-agent.ts'
import { storeRelease } from './service.ts'

export const fence = { sequence: 1, epoch: 0 as const, step: 1 }
let count = 0

/** A new target whose stable slot runs 1.0.0. */
export async function deployed({ platform }: LocalAgentUnderTest, workload: Partial<Workload> = {}, replicas = 1) {
  const target: Target = { service: `service-${++count}`, environment: 'testing', location: 'host' }
  const release = await storeRelease(platform.store, '1.0.0', workload)
  await platform.claim(target, { fence, holder: 'test', engine: 'test' })
  await platform.prepare(target, release, fence)
  await platform.apply(target, 'stable', { release, scale: { replicas } }, fence)
  const state = await untilReady(platform, target)
  return { target, release, endpoint: state.endpoint ?? '', names: namesOf(state.slots.stable) }
}

/** A ready candidate beside it. */
export async function candidate(
  { platform }: LocalAgentUnderTest,
  target: Target,
  version = '1.1.0',
  workload: Partial<Workload> = {},
): Promise<{ release: ReleaseRef; preview: string }> {
  const release = await storeRelease(platform.store, version, workload)
  await platform.prepare(target, release, fence)
  await platform.apply(target, 'candidate', { release, scale: 'keep' }, fence)
  const { preview } = await untilReady(platform, target, 'candidate')
  return { release, preview: preview ?? '' }
}

const namesOf = (slot: { instances: { name: string }[] } | null) => slot?.instances.map(({ name }) => name) ?? []

/** The versions that answered so many requests, one after the other, on kept connections. */
export async function versions(endpoint: string, requests: number, headers = {}): Promise<Record<string, number>> {
  const seen: Record<string, number> = {}
  for (let i = 0; i < requests; i++) {
    const { body } = await request(endpoint, { headers })
    const version = await body.text()
    seen[version] = (seen[version] ?? 0) + 1
  }
  return seen
}

/** Steady requests until stopped; each that does not get 200 is kept, in words. */
export function load(endpoint: string, perSecond = 200) {
  const failures: string[] = []
  const served: Record<string, number> = {}
  const open = new Set<Promise<void>>()
  const one = async () => {
    try {
      const { statusCode, body } = await request(endpoint)
      const version = await body.text()
      if (statusCode === 200) served[version] = (served[version] ?? 0) + 1
      else failures.push(`${statusCode} ${version}`)
    } catch (error) {
      failures.push(String(error))
    }
  }
  const began = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    for (const due = ((performance.now() - began) / 1000) * perSecond; sent < due; sent++) {
      const asked = one().finally(() => open.delete(asked))
      open.add(asked)
    }
  }, 5)
  return {
    served,
    failures,
    async stop() {
      clearInterval(timer)
      await Promise.all(open)
      return { served, failures, sent }
    },
  }
}
