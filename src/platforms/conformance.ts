/**
 * The port's definition, as tests: every platform passes these against a real system. For those who write one:
 *
 * @example
 * ```ts
 * import { afterAll, beforeAll, describe, test } from 'vitest'
 * platformConformance({ name: 'mine', create: async () => harness, tests: { describe, test, beforeAll, afterAll } })
 * ```
 */

import { fencing } from './conformance/fencing.ts'
import type { ConformanceHarness, TestFunctions } from './conformance/harness.ts'
import { promoting } from './conformance/promoting.ts'
import { routing } from './conformance/routing.ts'
import { slots } from './conformance/slots.ts'

export type { ConformanceHarness, TestFunctions, TestRelease } from './conformance/harness.ts'

export interface ConformanceOptions {
  name: string
  /** Called once, before the first test; `dispose` of what it gives is called after the last. */
  create: () => Promise<ConformanceHarness>
  /** Of the test runner that is used: any with these four will do. */
  tests: TestFunctions
}

export function platformConformance({ name, create, tests }: ConformanceOptions): void {
  tests.describe(`${name}, as the platform port defines it`, () => {
    let made: ConformanceHarness | undefined
    const harness = () => {
      if (!made) throw new Error('the harness is made before the first test')
      return made
    }
    tests.beforeAll(async () => {
      made = await create()
    })
    tests.afterAll(async () => {
      await made?.dispose()
    })
    for (const part of [fencing, slots, routing, promoting]) part(tests, harness)
  })
}
