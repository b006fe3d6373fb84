import { setTimeout as sleep } from 'node:timers/promises'
import type { StageState } from '../../../../../infra/local/state/stage-state.ts'
import { ALL_MODULES, type Module } from '../../../../../infra/stage/topology.ts'
import type { Drill } from '../../drill.ts'
import { holdDown, programNamed, signalProgram, untilGone, untilHealed } from '../../programs.ts'
import { judgeServices, missingServices, NO_LIMITS, serviceEvent } from '../../services.ts'

/** There are log-ins in it, and payments. */
const DOWN_MS = 4_000
const PAUSE_MS = 3_000

/** Each service's own database is killed, one after the other, with its machine. */
export const killDatabase: Drill = {
  summary:
    'KILL to the database of each service; what needs that service fails until it is back, and nothing else; nothing is lost.',
  missing: missingServices,
  limitsMs: NO_LIMITS,
  async inject(stage, events, { healWithinMs }) {
    for (const service of ALL_MODULES) {
      const program = databaseOf(stage(), service)
      events.push(serviceEvent(`KILL ${program.name}`, program.name, service, 'all'))
      await signalProgram(program, 'SIGKILL')
      await untilGone(program)
      await holdDown({ stage, program, healWithinMs }, DOWN_MS)
      await untilHealed(stage, program, healWithinMs)
      events.push(serviceEvent(`${program.name} runs again`, program.name, service, 'none'))
      await sleep(PAUSE_MS)
    }
  },
  judge: judgeServices,
  unprotected: [{ set: ['supervision=off'], finds: 'was not started again' }],
}

function databaseOf(stage: StageState, service: Module) {
  const store = stage.stores.find(({ holds }) => holds.includes(service))
  return programNamed(stage, store?.servers[0] ?? '')
}
