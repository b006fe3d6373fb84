/** The shop's entry file: listens, and on SIGTERM leaves without losing a request. */
import { setTimeout as sleep } from 'node:timers/promises'
import { buildShop, type Shop } from './app.ts'
import { type Config, readConfig } from './config.ts'

/** Longer than the load balancer needs to notice (two failed checks 200 ms apart) plus slack. */
const NOTICE_MS = 800
/** After this the process ends whatever is still running. */
const SHUTDOWN_TIMEOUT_MS = 9_000

const config = readConfiguration()
const shop = await buildShop(config)
await shop.app.listen({ host: config.host, port: config.port })
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => leave(config, shop))

function readConfiguration(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
}

/** First say no to the health checks, then wait until the load balancer has heard it, then close. */
async function leave({ proxyKey, settings }: Config, { app, readiness }: Shop): Promise<void> {
  setTimeout(() => process.exit(1), SHUTDOWN_TIMEOUT_MS).unref()
  if (settings.drain === 'on') {
    readiness.drain()
    if (proxyKey !== undefined) await sleep(NOTICE_MS)
  }
  await app.close()
  process.exit(0)
}
