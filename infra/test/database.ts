import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { makeTestFolder } from '../mysql/test-folder.ts'
import { startTestServer } from '../mysql/test-server.ts'
import { ownedFolder } from '../process/owned-process.ts'
import { locateServer } from '../servers/locate-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A real server, one for the run; `createDatabase` makes a database of a test's own on it. */
    databaseUrl: string
    /** A data folder as a first start leaves it, for servers of a test's own: they take copies. */
    databaseFolder: string
  }
}

export default async function provideDatabase(project: TestProject): Promise<() => Promise<void>> {
  const folder = await ownedFolder('outgrow-mysql-')
  const data = join(folder.path, 'data')
  await makeTestFolder(await locateServer('mysql', { onProgress: console.error }), data)
  const server = await startTestServer(data)
  project.provide('databaseUrl', server.url)
  project.provide('databaseFolder', data)
  return async () => {
    await server.stop()
    await folder.remove()
  }
}
