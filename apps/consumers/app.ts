/** Builds a process that consumes events. It is asked by nobody but those who watch over it. */
import { followCopies } from '../platform/calls/changing-copies.ts'
import { closeServices, connectServices } from '../platform/calls/services.ts'
import { answerInOneVoice, exposeTopology } from '../platform/http/api.ts'
import { exposeHealth, type Readiness, type Way } from '../platform/http/health.ts'
import { exposeMetrics } from '../platform/http/metrics.ts'
import { type App, createServer } from '../platform/http/server.ts'
import { probeDatabase } from '../platform/mysql/connectivity.ts'
import { connectDatabase } from '../platform/mysql/database.ts'
import { probeRedis } from '../platform/redis/connectivity.ts'
import { closeRedis, connectRedis } from '../platform/redis/redis.ts'
import { startTracing } from '../platform/tracing/start-tracing.ts'
import { addressesClient } from '../users/client.ts'
import type { ConsumersConfig } from './config.ts'
import { consumers } from './consumers.ts'
import { folderMailbox } from './mailbox.ts'

const DEADLINES = { timeoutMs: 1_000 }

type RunningConsumers = { readonly app: App; readonly readiness: Readiness }

export async function buildConsumers(config: ConsumersConfig): Promise<RunningConsumers> {
  const { name, settings, events, mailFolder } = config
  const app = createServer(name)
  await startTracing(app, config)
  const { state } = await connectRedis({ state: config.state })
  if (!state) throw new Error('consumers need a Redis to show what was sold')
  app.addHook('onClose', async () => closeRedis({ state }))
  const services = connectServices(config.service, config.services, settings)
  app.addHook('onClose', () => closeServices(services))
  const [server] = config.store.servers
  if (!server || !services.users) throw new Error('consumers need a database, and to know where users are')
  const db = connectDatabase(server, settings.queryDelayMs)
  app.addHook('onClose', () => db.destroy())
  answerInOneVoice(app, name)
  exposeMetrics(app, name)
  const readiness = exposeHealth(app, () => probeWays(config))
  exposeTopology(app, config.topologyFile)
  followCopies(app, services, config.copiesFile)
  const sending = { mailbox: folderMailbox(mailFolder), addressOf: addressesClient(services.users) }
  const consuming = consumers({ name, db, events, state, ...sending })
  app.addHook('onReady', async () => consuming.start())
  app.addHook('preClose', () => consuming.stop())
  return { app, readiness }
}

/** What is done here is late while one of them is away, and not lost. */
async function probeWays({ store, events, state }: ConsumersConfig): Promise<Way[]> {
  const databases = store.servers.map(async (address): Promise<Way> => {
    return { kind: 'database', name: address.name, steps: await probeDatabase(address, DEADLINES) }
  })
  const redis = [events, state].map(async (address): Promise<Way> => {
    return { kind: 'redis', name: address.name, steps: await probeRedis(address, DEADLINES) }
  })
  return Promise.all([...databases, ...redis])
}
