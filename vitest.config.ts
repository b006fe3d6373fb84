import { defineConfig } from 'vitest/config'
import { databaseTestsAlone, testsWithoutDatabase } from './infra/test/database-tests.ts'
import LongestFirst from './infra/test/longest-first.ts'

/** Real servers start slowly on a shared machine: generous deadlines, and no test waits for one by sleeping. */
const TEST_TIMEOUT_MS = 60_000
const HOOK_TIMEOUT_MS = 180_000
/** What is waited for comes in milliseconds, and on a machine out of breath in seconds. */
const POLL_TIMEOUT_MS = 15_000
/** Two cores run the servers and the load as well. A third worker saves minutes, and makes tests late that nothing is wrong with. */
const WORKERS = 2

/** On stages that run for the whole run. */
const ON_STAGES = 'apps/lab/commands/{load,compare}.test.ts'
/** They judge how long something is away: when all others are over, and one at a time. */
const DRILLS = 'apps/lab/commands/drill*.test.ts'
const left = databaseTestsAlone ? testsWithoutDatabase() : []

type Project = { exclude?: string[]; globalSetup?: string[]; sequence?: { groupOrder: number }; maxWorkers?: number }

const project = (name: string, include: string[], { exclude = [], ...rest }: Project = {}) => ({
  test: {
    name,
    include,
    exclude: [...exclude, ...left],
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: HOOK_TIMEOUT_MS,
    expect: { poll: { timeout: POLL_TIMEOUT_MS } },
    setupFiles: ['./infra/test/patience.ts'],
    ...rest,
  },
})

export default defineConfig({
  test: {
    reporters: ['default', './infra/test/plain-summary.ts'],
    maxWorkers: WORKERS,
    sequence: { sequencer: LongestFirst },
    projects: [
      project('tidy', ['infra/test/**/*.test.ts']),
      project('unit', ['{apps,infra,loadtests}/**/*.test.ts'], {
        exclude: ['infra/test/**', ON_STAGES, DRILLS],
        globalSetup: ['./infra/test/database.ts', './infra/test/redis.ts'],
      }),
      project('stages', ['stages/tests/*.test.ts', ON_STAGES], { globalSetup: ['./stages/tests/running-stages.ts'] }),
      project('drills', [DRILLS], {
        globalSetup: ['./stages/tests/running-stages.ts'],
        sequence: { groupOrder: 1 },
        maxWorkers: 1,
      }),
    ],
  },
})
