import { answersHttp, checkHealth } from './health.ts'
import type { Launch } from './launch.ts'
import { nodeProgram } from './node-program.ts'

type Told = { readonly port: number; readonly folder: string; readonly document: object }

/** A program that serves shoppers, and is told all that it knows in one document. */
export async function shopProgram(entry: string, { port, folder, document }: Told): Promise<Launch> {
  return {
    ...(await nodeProgram(entry, folder, { NODE_ENV: 'production', OUTGROW_CONFIG: JSON.stringify(document) })),
    ready: () => checkHealth(port, '/health/ready'),
    answers: () => answersHttp(port, '/health/live'),
    // On a host of a seventh of a CPU, which holds one that is started again from birth, it takes 10 s or more.
    readyWithinMs: 40_000,
    // It gives itself 9 s to finish what it has accepted, and ends itself then.
    stopWithinMs: 12_000,
  }
}
