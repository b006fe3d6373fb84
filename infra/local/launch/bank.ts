import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { BankProgram } from '../../stage/plan.ts'
import { answersHttp, checkHealth } from './health.ts'
import type { Launch } from './launch.ts'
import { nodeProgram } from './node-program.ts'
import type { StageContext } from './stage-context.ts'

export async function bankLaunch({ name, port }: BankProgram, { files }: StageContext): Promise<Launch> {
  const folder = path.join(files.data, name)
  await mkdir(folder, { recursive: true })
  return {
    ...(await nodeProgram('apps/bank/main.ts', files.folder, {
      OUTGROW_NAME: name,
      OUTGROW_PORT: String(port),
      OUTGROW_LEDGER: path.join(folder, 'ledger.jsonl'),
    })),
    ready: () => checkHealth(port, '/health/live'),
    answers: () => answersHttp(port, '/health/live'),
    readyWithinMs: 20_000,
    stopWithinMs: 5_000,
  }
}
