/** Measures stages one after the other, each within its time, and writes the rows that could be measured into the README. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { requireCompose } from '../../../infra/compose/docker.ts'
import { CHECKOUT } from '../../../infra/local/state/data-folder.ts'
import { writeAtomically } from '../../../infra/process/atomic-file.ts'
import { locateServer } from '../../../infra/servers/locate-server.ts'
import type { ServerProgram } from '../../../infra/servers/server-program.ts'
import { loadStage, stageNames } from '../../../infra/stage/catalogue.ts'
import type { Stage } from '../../../infra/stage/topology.ts'
import { CommandError, say } from '../runner/command.ts'
import { interruptible } from '../runner/interruption.ts'
import { composeSubject } from './compose-subject.ts'
import { localSubject } from './local-subject.ts'
import { measure, type Subject } from './measure.ts'
import { machineHere, type Row, rowText, withRows } from './requirements.ts'

const PAGE = path.join(CHECKOUT, 'README.md')
const USUAL_MINUTES = 2.5
const ROW_WITHIN_MINUTES = 10

const RUNTIMES = { local: localSubject, compose: composeSubject } as const
export type Runtime = keyof typeof RUNTIMES

/** Answers whether every row was measured. */
export async function measureStages(references: readonly string[], runtime: Runtime | undefined): Promise<boolean> {
  const stages = await Promise.all((references.length === 0 ? stageNames() : references).map(loadStage))
  if (runtime === 'compose') await requireCompose()
  const runtimes = runtime === undefined ? await runtimesHere() : [runtime]
  const wanted = runtimes.flatMap((one) => stages.map((stage) => ({ stage, make: RUNTIMES[one], runtime: one })))
  const k6 = await locateServer('k6', { onProgress: say }).catch((error: Error) => say(`nothing is loaded: ${error.message}`))
  say(
    `measuring ${wanted.length} rows, about ${Math.ceil(wanted.length * USUAL_MINUTES)} minutes, at most ${wanted.length * ROW_WITHIN_MINUTES}; nothing else should run here meanwhile`,
  )
  const interruption = interruptible(() => say('ending; what was measured is written …'))
  const rows: Row[] = []
  for (const one of wanted) {
    if (interruption.signal.aborted) break
    const row = await rowOf(one, k6 ?? undefined, interruption.signal)
    if (row) rows.push(row)
  }
  interruption.done()
  write(rows)
  return rows.length === wanted.length
}

/** Compose where there is Docker. */
async function runtimesHere(): Promise<Runtime[]> {
  try {
    await requireCompose()
    return ['local', 'compose']
  } catch (error) {
    say(`Docker Compose is not measured: ${(error as Error).message}`)
    return ['local']
  }
}

type Wanted = {
  readonly stage: Stage
  readonly runtime: Runtime
  make(stage: Stage, k6: ServerProgram | undefined): Promise<Subject>
}

/** One that fails is told and left out. */
async function rowOf(
  { stage, make, runtime }: Wanted,
  k6: ServerProgram | undefined,
  ended: AbortSignal,
): Promise<Row | undefined> {
  const late = AbortSignal.timeout(ROW_WITHIN_MINUTES * 60_000)
  try {
    say(`stage ${stage.name}, ${runtime} …`)
    const row = await measure(await make(stage, k6), AbortSignal.any([late, ended]))
    say(rowText(row))
    return row
  } catch (error) {
    const why = late.aborted ? `it was not done within ${ROW_WITHIN_MINUTES} minutes` : (error as Error).message
    say(`stage ${stage.name}, ${runtime}: not measured: ${why}`)
    return undefined
  }
}

function write(rows: readonly Row[]): void {
  if (rows.length === 0) return
  const page = withRows(readFileSync(PAGE, 'utf8'), rows, machineHere())
  if (page === undefined) throw new CommandError(`${PAGE} has no place for the table of requirements`)
  writeAtomically(PAGE, page, { mode: 0o644 })
  say(`${rows.length} rows are written into ${PAGE}`)
}
