import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { BankProgram } from '../plan.ts'
import { nodeEnvironment } from './command.ts'
import { CHECKOUT } from './data-folder.ts'
import { checkHealth } from './health.ts'
import type { StageContext } from './launches.ts'
import type { Launch } from './supervised-program.ts'

export async function bankLaunch({ name, port }: BankProgram, { files }: StageContext): Promise<Launch> {
  const folder = path.join(files.data, name)
  await mkdir(folder, { recursive: true })
  return {
    path: process.execPath,
    args: [path.join(CHECKOUT, 'apps/bank/main.ts')],
    env: {
      ...nodeEnvironment(files.folder),
      OUTGROW_NAME: name,
      OUTGROW_PORT: String(port),
      OUTGROW_LEDGER: path.join(folder, 'ledger.jsonl'),
    },
    ready: () => checkHealth(port, '/health/live'),
    readyWithinMs: 20_000,
    stopWithinMs: 5_000,
  }
}
