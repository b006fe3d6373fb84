/** The bank's entry file: opens the ledger, listens, and on SIGTERM answers what it has taken on before it ends. */
import { giveBackMemory } from '../../infra/process/give-back-memory.ts'
import { outliveFullLog } from '../../infra/process/outlive-full-log.ts'
import { LOOPBACK } from '../../infra/stage/address.ts'
import { parsePort, required } from '../platform/process/environment.ts'
import { buildBank } from './bank.ts'
import { openLedger } from './ledger.ts'

/** After this the process ends whatever is still running; slow cards take 2 s. */
const SHUTDOWN_TIMEOUT_MS = 5_000

if (import.meta.main) {
  outliveFullLog()
  try {
    await run()
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
}

async function run(): Promise<void> {
  const { OUTGROW_HOST: host = LOOPBACK } = process.env
  const port = parsePort(required(process.env, 'OUTGROW_PORT'))
  const app = buildBank(await openLedger(required(process.env, 'OUTGROW_LEDGER')))
  await app.ready()
  giveBackMemory()
  await app.listen({ host, port })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => leave(app))
}

async function leave(app: ReturnType<typeof buildBank>): Promise<void> {
  setTimeout(() => process.exit(1), SHUTDOWN_TIMEOUT_MS).unref()
  await app.close()
  process.exit(0)
}
