/** The keeper's entry file: watches over its groups, answers who is who, and on SIGTERM leaves the servers as they are. */
import { giveBackMemory } from '../../process/give-back-memory.ts'
import { outliveFullLog } from '../../process/outlive-full-log.ts'
import { readKeeperConfig } from './config.ts'
import { keeperServer } from './http.ts'
import { Keeper } from './keeper.ts'

/** After this the process ends whatever is still running. */
const SHUTDOWN_TIMEOUT_MS = 3_000

if (import.meta.main) {
  outliveFullLog()
  try {
    run()
  } catch (error) {
    fail(error)
  }
}

function run(): void {
  const config = readKeeperConfig(process.env)
  const log = (event: string) => console.log(`${new Date().toISOString()} ${event}`)
  const keepers = new Map(config.groups.map((group) => [group.name, new Keeper({ ...config, ...group, log })]))
  const server = keeperServer(keepers)
  giveBackMemory()
  server.listen(config.port, config.host, () => {
    for (const keeper of keepers.values()) keeper.start()
  })
  server.on('error', fail)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      setTimeout(() => process.exit(1), SHUTDOWN_TIMEOUT_MS).unref()
      server.close()
      server.closeAllConnections()
      await Promise.all([...keepers.values()].map((keeper) => keeper.stop()))
      process.exit(0)
    })
  }
}

function fail(error: unknown): void {
  console.error(`error: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}
