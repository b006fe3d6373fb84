import type { TestProject } from 'vitest/node'
import { startTestServer } from '../mysql/test-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A real server, one for the run; `createDatabase` makes a database of a test's own on it. */
    databaseUrl: string
  }
}

export default async function provideDatabase(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTestServer()
  project.provide('databaseUrl', server.url)
  return server.stop
}
