import { setTimeout as sleep } from 'node:timers/promises'
import type { StageState } from '../../../../../infra/local/state/stage-state.ts'
import { MOST_COPIES } from '../../../../../infra/stage/settings.ts'
import { labProcess } from '../../../runner/lab-process.ts'
import type { Drill, Means } from '../../drill.ts'
import { eventNow, type FaultEvent } from '../../fault-events.ts'
import { missingRunner, programsOf } from '../../programs.ts'
import { backNow, silentSince } from '../../returned.ts'
import { copiesOf } from '../../services.ts'

/** Until each of the copies has had its share. */
const PAUSE_MS = 3_000

/** Copies of services come and go under load: those that are new, and those that have been asked since the stage was started. */
export const scaleService: Drill = {
  summary: 'services get more copies and fewer; each that comes is asked, and no request may fail.',
  missing: (stage) =>
    programsOf(stage, 'gateway').length > 0 ? missingRunner(stage) : `this drill needs services; stage ${stage.stage} has none`,
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  async inject(stage, events, means) {
    for (const service of ['products', 'orders'] as const) {
      const copies = stage().settings[service]
      for (const wanted of [Math.min(MOST_COPIES, copies + 1), Math.max(1, copies - 1), copies])
        await scaleTo(stage, { service, wanted, events, means })
    }
  },
  judge: silentSince,
  // What makes it safe is the order of the steps, which no setting changes: planted faults turn that.
  unprotected: [],
}

type Step = {
  readonly service: 'products' | 'orders'
  readonly wanted: number
  readonly events: FaultEvent[]
  readonly means: Means
}

async function scaleTo(stage: () => StageState, { service, wanted, events, means }: Step): Promise<void> {
  const before = namesOf(stage(), service)
  events.push(eventNow(`${service} goes over to ${wanted} copies`, `${service}-1`))
  const { status, out, error } = await labProcess(['scale', String(stage().stage), `${service}=${wanted}`], {}).done
  if (status === 0) means.figures.push(out.trim())
  else means.wrong.push(`${service} did not get ${wanted} copies: ${error.trim().split('\n').at(-1)}`)
  const running = namesOf(stage(), service)
  if (running.length !== wanted) means.wrong.push(`${service} has ${running.length} copies, and not ${wanted}`)
  for (const name of running) if (!before.includes(name)) events.push(backNow(name))
  await sleep(PAUSE_MS)
}

function namesOf(stage: StageState, service: Step['service']): string[] {
  return copiesOf(stage, service).map(({ name }) => name)
}
