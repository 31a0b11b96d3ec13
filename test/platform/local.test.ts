import { afterAll, beforeAll, describe, test } from 'vitest'
import { platformConformance } from '../../src/platforms/conformance.ts'
import { localAgent } from './local-agent.ts'
import { storeRelease } from './service.ts'

let count = 0

platformConformance({
  name: 'the local platform',
  tests: { describe, test, beforeAll, afterAll },
  create: async () => {
    const agent = await localAgent()
    const environments = { well: {}, unready: { READY_AFTER: '3600000' }, crashing: { CRASH: '3' } }
    return {
      platform: agent.platform,
      target: () => ({ service: `shop-${++count}`, environment: 'testing', location: 'host' }),
      release: (version, kind = 'well') => storeRelease(agent.platform.store, version, { env: environments[kind] }),
      ask: async ({ endpoint }) => {
        const answer = await fetch(endpoint ?? 'http://127.0.0.1:1').catch(() => null)
        return answer?.ok ? answer.text() : null
      },
      crash: async () => {
        await agent.kill()
        await agent.restart()
      },
      patienceMs: 10_000,
      dispose: () => agent.dispose(),
    }
  },
})
