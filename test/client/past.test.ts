import { describe, expect, it } from 'vitest'
import { parseDeploymentId, rememberedState } from '../../src/client/past.ts'
import type { DeploymentSummary, ServiceState } from '../../src/workflows/messages.ts'

const target = { service: 'shop', environment: 'production', location: 'host' }
const summary: DeploymentSummary = {
  id: 'deployment/production/host/shop/2',
  number: 2,
  kind: 'deploy',
  version: '1.1.0',
  release: null,
  previous: null,
  strategy: 'canary',
  status: 'rolled_back',
  by: 'anna',
  acceptedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:01:00.000Z',
  outcome: 'errors 5 %',
  evidence: ['errors 5 %'],
  incomplete: ['candidate'],
}
const service: ServiceState = {
  target,
  stable: null,
  running: null,
  queue: [
    {
      id: 'deployment/production/host/shop/3',
      number: 3,
      version: '1.2.0',
      by: 'ben',
      acceptedAt: '2026-01-01T00:02:00.000Z',
    },
  ],
  queuePaused: '#2 ended rolled_back',
  frozen: null,
  blocked: null,
  history: [summary],
  releases: [],
  sequence: 2,
  nextNumber: 4,
  requests: 2,
}

describe('the id of a deployment', () => {
  it.each([
    ['deployment/production/host/shop/3', { target, number: 3 }],
    ['deployment/production/host/shop/0', null],
    ['deployment/production/host/shop', null],
    ['deployment/production/host/shop/3/canary', null],
    ['service/production/host/shop', null],
    ['shop', null],
  ])('%s', (id, expected) => {
    expect(parseDeploymentId(id)).toEqual(expected)
  })
})

describe('what a service remembers of a deployment', () => {
  it('is how it ended', () => {
    const state = rememberedState(summary.id, service)
    expect(state).toMatchObject({
      status: 'rolled_back',
      doing: 'errors 5 %',
      incomplete: ['candidate'],
      by: 'anna',
      target,
    })
  })
  it('is that it waits, and why', () => {
    const state = rememberedState('deployment/production/host/shop/3', service)
    expect(state).toMatchObject({ status: 'pending', version: '1.2.0', doing: expect.stringContaining('paused') })
  })
  it('is nothing of one that it never saw', () => {
    expect(rememberedState('deployment/production/host/shop/9', service)).toBeNull()
  })
})
