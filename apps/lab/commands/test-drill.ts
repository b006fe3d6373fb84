/** Drills by the real command line on stages that run for tests. */
import { join } from 'node:path'
import { inject } from 'vitest'
import { databaseTestsAlone } from '../../../infra/test/database-tests.ts'
import { type RunningStage, stateOf } from '../../../stages/tests/running-stages.ts'
import { missingCatalogueGroup, missingReplicas, missingWholeGroup } from '../drills/databases.ts'
import type { Drill } from '../drills/drill.ts'
import { DRILLS, type DrillName } from '../drills/drills.ts'
import type { Outcome } from '../drills/run-drill.ts'
import { labProcess } from '../runner/lab-process.ts'

export const DRILL_TIMEOUT_MS = 300_000
/** The disk of a test run is everybody's. */
const names = (Object.keys(DRILLS) as DrillName[]).filter((name) => name !== 'full-disk')
/** By `OUTGROW_DRILLS=all`: each on the latest two stages as far as it fits. There is time for some only in every test run. */
export const all: readonly (readonly [stage: number, name: DrillName])[] | undefined =
  process.env.OUTGROW_DRILLS === 'all'
    ? [4, 5].flatMap((stage) => fitting(stage).map((name) => [stage, name] as const))
    : undefined

function fitting(stage: number): DrillName[] {
  const running = inject('stages').find((one) => one.stage === stage)
  return running ? names.filter((name) => DRILLS[name].missing(stateOf(running)) === undefined) : []
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

const OF_DATABASES: ReadonlySet<Drill['missing']> = new Set([missingReplicas, missingWholeGroup, missingCatalogueGroup])

/**
 * On a second database only the faults of databases are another thing. Those of shards are drilled there by command: seven servers of MySQL
 * beside another drill are more than two CPUs carry.
 */
export function isForHere(name: DrillName): boolean {
  return !databaseTestsAlone || OF_DATABASES.has((DRILLS[name] as Drill).missing)
}
