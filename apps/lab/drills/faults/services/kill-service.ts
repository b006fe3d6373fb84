import { setTimeout as sleep } from 'node:timers/promises'
import type { ProgramState, StageState } from '../../../../../infra/local/state/stage-state.ts'
import { ALL_MODULES, type Module } from '../../../../../infra/stage/topology.ts'
import type { Drill, Means } from '../../drill.ts'
import type { FaultEvent } from '../../fault-events.ts'
import { holdDown, signalProgram, untilGone, untilHealed } from '../../programs.ts'
import { backNow, silentSince } from '../../returned.ts'
import { copiesOf, judgeServices, missingServices, NO_LIMITS, serviceEvent } from '../../services.ts'
import { oneOf } from '../../traffic/choices.ts'

/** All copies stay away for so long: there are log-ins in it, and payments. */
const DOWN_MS = 4_000
/** In which each copy has been asked something. */
const PAUSE_MS = 3_000

type Fault = Pick<Means, 'draw' | 'healWithinMs'> & { readonly stage: () => StageState; readonly events: FaultEvent[] }

/** One copy of each service is killed, then all of them. */
export const killService: Drill = {
  summary: 'KILL to one copy of each service, then to all; what needs the service fails until it is back, and nothing else.',
  missing: missingServices,
  limitsMs: NO_LIMITS,
  async inject(stage, events, means) {
    for (const service of ALL_MODULES) {
      await killOne(service, { stage, events, ...means })
      await killAll(service, { stage, events, ...means })
    }
  },
  judge: (sent, events) => [...judgeServices(sent, events), ...silentSince(sent, events)],
  unprotected: [{ set: ['supervision=off'], finds: 'was not started again' }],
}

async function killOne(service: Module, fault: Fault): Promise<void> {
  await killCopy(oneOf(copiesOf(fault.stage(), service), fault.draw), service, fault)
  await sleep(PAUSE_MS)
}

/** Returns when it runs again. */
export async function killCopy(
  copy: ProgramState,
  service: Module,
  { stage, events, healWithinMs }: Omit<Fault, 'draw'>,
): Promise<void> {
  events.push(serviceEvent(`KILL ${copy.name}`, copy.name, service, 'in flight'))
  await signalProgram(copy, 'SIGKILL')
  await untilGone(copy)
  events.push(serviceEvent(`${copy.name} is gone`, copy.name, service, 'in flight'))
  await untilHealed(stage, copy, healWithinMs)
  events.push(backNow(copy.name))
}

async function killAll(service: Module, { stage, events, healWithinMs }: Fault): Promise<void> {
  const copies = copiesOf(stage(), service)
  events.push(serviceEvent(`KILL all of ${service}`, service, service, 'all'))
  await Promise.all(copies.map((copy) => signalProgram(copy, 'SIGKILL')))
  await Promise.all(copies.map((copy) => untilGone(copy)))
  await Promise.all(copies.map((program) => holdDown({ stage, program, healWithinMs }, DOWN_MS)))
  await Promise.all(copies.map((copy) => untilHealed(stage, copy, healWithinMs)))
  events.push(serviceEvent(`all of ${service} run again`, service, service, 'none'))
  events.push(...copies.map(({ name }) => backNow(name)))
  await sleep(PAUSE_MS)
}
