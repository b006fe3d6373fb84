import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** For `npm run contract -- URL`: the contract alone, against a shop that somebody else started. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: { include: ['stages/contract/any-url.ts'], testTimeout: 30_000, hookTimeout: 60_000, reporters: ['tree'] },
})
