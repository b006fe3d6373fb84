import { setTimeout as sleep } from 'node:timers/promises'
import type { ProgramState, StageState } from '../../../../../infra/local/state/stage-state.ts'
import { ALL_MODULES, type Module } from '../../../../../infra/stage/topology.ts'
import type { Drill, Means } from '../../drill.ts'
import type { FaultEvent } from '../../fault-events.ts'
import { whileFrozen } from '../../programs.ts'
import { backNow, silentSince } from '../../returned.ts'
import { copiesOf, judgeHangs, judgeServices, missingServices, NO_LIMITS, serviceEvent } from '../../services.ts'
import { oneOf } from '../../traffic/choices.ts'
import { buy } from '../../traffic/journeys.ts'
import { whileRushing } from '../../traffic/rushing.ts'

/** From STOP to CONT; far less than the 15 s after which the runner replaces what does not answer. */
const HUNG_MS = 4_000
/** In which each copy has been asked something. */
const PAUSE_MS = 3_000
/** So that each caller of each copy meets it soon: payments are rare. */
const MORE = { journey: buy, times: 3, everyMs: 250 }
/** For these and for what the traffic orders, far from what an account may order in a minute. */
const CUSTOMERS = 100

type Fault = Pick<Means, 'rush'> & { readonly stage: () => StageState; readonly events: FaultEvent[] }

/** One copy of each service hangs, then all of them: they keep their connections and answer nothing. */
export const hangService: Drill = {
  summary:
    'STOP to one copy of each service, then to all, and CONT; where another copy answers everybody is told within a second, and what does not need the service never fails.',
  missing: missingServices,
  limitsMs: NO_LIMITS,
  customers: CUSTOMERS,
  async inject(stage, events, { draw, rush }) {
    for (const service of ALL_MODULES) {
      const copies = copiesOf(stage(), service)
      const fault = { stage, events, rush }
      await hang([oneOf(copies, draw)], service, fault)
      await hang(copies, service, fault)
    }
  },
  judge: (sent, events) => [...judgeServices(sent, events), ...judgeHangs(sent, events), ...silentSince(sent, events)],
  unprotected: [{ set: ['giveUpSilent=off'], finds: 'requests waited longer than' }],
}

async function hang(copies: readonly ProgramState[], service: Module, { stage, events, rush }: Fault): Promise<void> {
  const isWhole = copies.length === copiesOf(stage(), service).length
  const what = isWhole ? `all of ${service}` : copies.map(({ name }) => name).join()
  events.push(serviceEvent(`STOP ${what}`, what, service, isWhole ? 'all' : 'silence'))
  await whileFrozen(copies, () => whileRushing(rush, MORE, () => sleep(HUNG_MS)))
  events.push(serviceEvent(`CONT ${what}`, what, service, 'none'))
  events.push(...copies.map(({ name }) => backNow(name)))
  await sleep(PAUSE_MS)
}
