import path from 'node:path'
import { nodeEnvironment } from '../../process/command.ts'
import type { AppProgram } from '../../stage/plan.ts'
import { CHECKOUT } from '../state/data-folder.ts'
import { databaseUrl, portOf } from '../state/database-url.ts'
import { redisUrl } from '../state/redis-url.ts'
import { checkHealth } from './health.ts'
import type { Launch } from './launch.ts'
import type { StageContext } from './stage-context.ts'

/**
 * V8 for a host of a seventh of a CPU, where work in bursts stops everything for half a second. Measured at 40 % load:
 * - Without the optimizing compiler, which comes back whenever the load changes, a journey costs an eighth more CPU, and its p95 is
 *   8 ms instead of 107 ms.
 * - An idle process gives its memory back and forgets compiled code; the load that comes next costs a quarter more CPU for half a
 *   minute. So it does neither.
 */
const STEADY = ['--no-turbofan', '--no-memory-reducer', '--no-flush-bytecode']

export async function appLaunch(program: AppProgram, { plan, files, secrets }: StageContext): Promise<Launch> {
  const urlOf = (database: string) => databaseUrl(plan, database, secrets, plan.settings.databaseHost)
  return {
    path: process.execPath,
    args: [...STEADY, path.join(CHECKOUT, 'apps/shop/main.ts')],
    env: {
      ...nodeEnvironment(files.folder),
      NODE_ENV: 'production',
      OUTGROW_NAME: program.name,
      OUTGROW_PORT: String(program.port),
      OUTGROW_MODULES: program.modules.join(',') || 'none',
      OUTGROW_WRITES: urlOf(program.writes),
      OUTGROW_READS: program.reads.map(urlOf).join(','),
      ...(program.failover && { OUTGROW_FAILOVER: `http://127.0.0.1:${portOf(plan, program.failover)}` }),
      ...(program.cache && { OUTGROW_CACHE: redisUrl(plan, program.cache, secrets.cachePassword) }),
      ...(program.state && { OUTGROW_STATE: redisUrl(plan, program.state, secrets.statePassword) }),
      OUTGROW_HAS_WORKER: program.hasWorker ? 'yes' : 'no',
      OUTGROW_BANK: `http://127.0.0.1:${portOf(plan, program.bank)}`,
      ...(program.behindProxy && { OUTGROW_PROXY_KEY: secrets.proxyKey }),
      OUTGROW_TOPOLOGY: files.topology,
      OUTGROW_OUTBOX: files.outbox,
      OUTGROW_CODE_KEY: secrets.codeKey,
      OUTGROW_SETTINGS: JSON.stringify(plan.settings),
    },
    ready: () => checkHealth(program.port, '/health/ready'),
    readyWithinMs: 20_000,
    // The app gives itself 9 s to finish what it has accepted, and ends itself then.
    stopWithinMs: 12_000,
  }
}
