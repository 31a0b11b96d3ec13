import { defineConfig } from 'vitest/config'

/**
 * Folders under test/ that need a Temporal server: one is started for all of them. Everything else needs none, and
 * `npm run test:unit` runs it alone.
 */
const live = [
  'activities',
  'bench',
  'cli',
  'client',
  'crash',
  'e2e',
  'engine',
  'package',
  'replay',
  'worker',
  'workflows',
]
const liveFiles = live.map((folder) => `test/${folder}/**/*.test.ts`)

const common = {
  pool: 'forks' as const,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // A worker or an agent is shut down in order, which takes its grace time.
  teardownTimeout: 20_000,
}

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { ...common, name: 'unit', include: ['test/**/*.test.ts'], exclude: liveFiles } },
      { test: { ...common, name: 'live', include: liveFiles, globalSetup: 'test/setup/global.ts' } },
    ],
  },
})
