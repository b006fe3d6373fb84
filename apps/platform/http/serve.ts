/** Listens, and on SIGTERM leaves without losing a request. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { giveBackMemory } from '../../../infra/process/give-back-memory.ts'
import { outliveFullLog } from '../../../infra/process/outlive-full-log.ts'
import type { Readiness } from './health.ts'
import { untilIdle } from './idle.ts'

/** Longer than the load balancer needs to notice (a check every 200 ms, which may take 600). */
const NOTICE_MS = 1_000
/** Slow cards take 2 s, and the bank's own deadline comes after them. */
const IDLE_WITHIN_MS = 7_000
/** After this the process ends whatever is still running. */
const SHUTDOWN_TIMEOUT_MS = 9_000

type Served = { readonly app: Pick<FastifyInstance, 'ready' | 'listen' | 'close' | 'server'>; readonly readiness: Readiness }
/** `drains`: it ends what it has before it ends. `isWatched`: somebody in front asks whether it takes requests, and sends it none once it has said no. */
type Serving = { readonly host: string; readonly port: number; readonly drains: boolean; readonly isWatched: boolean }

/** Ends the process with one line where `read` finds its configuration wrong. */
export async function serve<Config>(
  read: () => Config,
  build: (config: Config) => Promise<Served>,
  servingOf: (config: Config) => Serving,
): Promise<void> {
  outliveFullLog()
  const config = readOrExit(read)
  const served = await build(config)
  const serving = servingOf(config)
  await served.app.ready()
  giveBackMemory()
  await served.app.listen({ host: serving.host, port: serving.port })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => leave(serving, served))
}

function readOrExit<Config>(read: () => Config): Config {
  try {
    return read()
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
}

/**
 * First say no to the health checks, then wait until the load balancer has heard it and what is under way has ended, then close. To the
 * balancer a port that is closed is an app that died: it would break off what the app still works on.
 */
async function leave({ drains, isWatched }: Serving, { app, readiness }: Served): Promise<void> {
  // As a program ends that nobody has taught to hear it.
  if (!drains) process.exit(0)
  setTimeout(() => process.exit(1), SHUTDOWN_TIMEOUT_MS).unref()
  readiness.drain()
  if (isWatched) {
    await sleep(NOTICE_MS)
    await untilIdle(app.server, IDLE_WITHIN_MS)
    // While the app closes it answers 503 to whoever still comes: who is refused asks another copy.
    app.server.close()
  }
  await app.close()
  process.exit(0)
}
