/** The shop's entry file: listens, and on SIGTERM leaves without losing a request. */
import { setTimeout as sleep } from 'node:timers/promises'
import { giveBackMemory } from '../../infra/process/give-back-memory.ts'
import { outliveFullLog } from '../../infra/process/outlive-full-log.ts'
import { untilIdle } from '../platform/http/idle.ts'
import { buildShop, type Shop } from './app.ts'
import { type Config, readConfig } from './config.ts'

/** Longer than the load balancer needs to notice (a check every 200 ms, which may take 600). */
const NOTICE_MS = 1_000
/** Slow cards take 2 s, and the bank's own deadline comes after them. */
const IDLE_WITHIN_MS = 7_000
/** After this the process ends whatever is still running. */
const SHUTDOWN_TIMEOUT_MS = 9_000

if (import.meta.main) {
  outliveFullLog()
  await run(readConfiguration())
}

async function run(config: Config): Promise<void> {
  const shop = await buildShop(config)
  await shop.app.ready()
  giveBackMemory()
  await shop.app.listen({ host: config.host, port: config.port })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => leave(config, shop))
}

function readConfiguration(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
}

/**
 * First say no to the health checks, then wait until the load balancer has heard it and what is under way has ended, then close. To the
 * balancer a port that is closed is an app that died: it would break off what the app still works on.
 */
async function leave({ proxyKey, settings }: Config, { app, readiness }: Shop): Promise<void> {
  setTimeout(() => process.exit(1), SHUTDOWN_TIMEOUT_MS).unref()
  if (settings.drain === 'on') {
    readiness.drain()
    if (proxyKey !== undefined) {
      await sleep(NOTICE_MS)
      await untilIdle(app.server, IDLE_WITHIN_MS)
    }
  }
  await app.close()
  process.exit(0)
}
