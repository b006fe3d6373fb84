import type { TestProject } from 'vitest/node'
import { startTestRedis } from '../redis/test-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A real server, one for the run; `emptyDatabase` gives a test a database of its own on it. */
    redisUrl: string
  }
}

export default async function provideRedis(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTestRedis()
  project.provide('redisUrl', server.url)
  return server.stop
}
