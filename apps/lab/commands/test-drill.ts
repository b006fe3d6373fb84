/** Drills by the real command line on stages that run for tests. */
import { join } from 'node:path'
import { databaseTestsAlone } from '../../../infra/test/database-tests.ts'
import type { RunningStage } from '../../../stages/tests/running-stages.ts'
import { missingReplicas } from '../drills/databases.ts'
import type { Drill } from '../drills/drill.ts'
import { DRILLS, type DrillName } from '../drills/drills.ts'
import { missingBuckets } from '../drills/moves/drilled-buckets.ts'
import type { Outcome } from '../drills/run-drill.ts'
import { labProcess } from '../runner/lab-process.ts'

export const DRILL_TIMEOUT_MS = 300_000
/** The disk of a test run is everybody's. */
const names = (Object.keys(DRILLS) as DrillName[]).filter((name) => name !== 'full-disk')
/** By `OUTGROW_DRILLS=all`; there is time for some only in every test run. */
export const all: readonly DrillName[] | undefined = process.env.OUTGROW_DRILLS === 'all' ? names : undefined

/** One that has what the drill needs. */
export function stageFor(name: DrillName): number {
  const needsBuckets = (DRILLS[name] as Drill).missing === missingBuckets || name === 'move-slots'
  return needsBuckets ? 5 : 4
}

export async function drill(
  list: readonly RunningStage[],
  number: number,
  name: string,
): Promise<{ status: number | null; outcome: Outcome }> {
  const running = list.find(({ stage }) => stage === number)
  if (!running) throw new Error(`stage ${number} does not run`)
  const args = ['drill', String(number), name, '--json', '--rate', '100', '--small']
  const { status, out, error } = await labProcess(args, { OUTGROW_DATA: join(running.stateFile, '../../..') }).done
  if (out === '') throw new Error(error)
  return { status, outcome: JSON.parse(out) }
}

/** On a second database only the faults of databases are another thing. */
export function isForHere(name: DrillName): boolean {
  const ofDatabases: readonly Drill['missing'][] = [missingReplicas, missingBuckets]
  return !databaseTestsAlone || ofDatabases.includes((DRILLS[name] as Drill).missing)
}
