import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { dependsOnDatabase, testsWithoutDatabase } from './database-tests.ts'

test.each([
  ['apps/users/users.test.ts', "const db = await shopDatabase(inject('databaseUrl'))"],
  ['infra/mysql/position.test.ts', "import { startTestGroup } from './test-group.ts'"],
  ['infra/mysql/keeper/keeper.test.ts', "import { startTestGroup } from '../test-group.ts'"],
  ['stages/tests/diverged-replica.test.ts', "import { createConnection } from 'mysql2/promise'"],
  ['apps/platform/moves/undo.test.ts', "import { startBucketMoves } from '../../fixtures/bucket-moves.ts'"],
  ['stages/tests/contract.test.ts', "import { contract } from '../contract/contract.ts'"],
])('%s depends on the database when it has: %s', (file, text) => {
  expect(dependsOnDatabase(file, text)).toBe(true)
})

test.each([
  ['apps/users/users.test.ts', "const redis = await redisDatabase(inject('redisUrl'))"],
  ['infra/redis/demonstrations/sentinels.test.ts', "import { startTestGroup } from '../test-group.ts'"],
  ['stages/tests/attacks.test.ts', "import { clientOf } from '../contract/client.ts'"],
  ['apps/orders/place.test.ts', "import type { Databases } from '../platform/mysql/database.ts'"],
])('%s does not when it has: %s', (file, text) => {
  expect(dependsOnDatabase(file, text)).toBe(false)
})

test('most files do not, and only test files ask for the database of the run, so that none is overlooked', () => {
  const tests = globSync('{apps,infra,loadtests,stages}/**/*.test.ts')
  const without = testsWithoutDatabase().length
  expect(without).toBeGreaterThan(tests.length / 2)
  expect(tests.length - without).toBeGreaterThan(30)
  const others = globSync('{apps,infra,stages}/**/*.ts', { exclude: ['**/*.test.ts', 'infra/test/**'] })
  expect(others.filter((file) => /\binject\('databaseUrl'\)/.test(readFileSync(file, 'utf8')))).toEqual([])
})
