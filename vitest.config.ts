import { defineConfig } from 'vitest/config'

/** Real servers start slowly on a shared machine: generous deadlines, and no test waits for one by sleeping. */
const TEST_TIMEOUT_MS = 60_000
const HOOK_TIMEOUT_MS = 180_000

const project = (name: string, rest: object) => ({
  test: { name, testTimeout: TEST_TIMEOUT_MS, hookTimeout: HOOK_TIMEOUT_MS, ...rest },
})

export default defineConfig({
  test: {
    reporters: ['default', './infra/test/plain-summary.ts'],
    // Two cores run the servers and the load as well.
    maxWorkers: 2,
    projects: [
      project('tidy', { include: ['infra/test/*.test.ts'] }),
      project('unit', {
        include: ['{apps,infra,loadtests}/**/*.test.ts'],
        exclude: ['infra/test/**', 'apps/lab/commands/{load,drill,compare}.test.ts'],
        globalSetup: ['./infra/test/database.ts', './infra/test/redis.ts'],
      }),
      project('stages', {
        include: ['stages/tests/*.test.ts', 'apps/lab/commands/{load,drill,compare}.test.ts'],
        globalSetup: ['./stages/tests/running-stages.ts'],
        fileParallelism: false,
      }),
    ],
  },
})
