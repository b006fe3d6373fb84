import type { ProgramState } from '../../../../../infra/local/state/stage-state.ts'
import type { Drill } from '../../drill.ts'
import { killInTurn, missingEvents } from '../../heard.ts'
import { kill } from '../../kills.ts'
import { programsOf } from '../../programs.ts'

/** Nobody who shops waits for a consumer; one of several does the work of each kind, and another one goes on with it. */
export const killConsumer: Drill = {
  summary: 'KILL to the consumers of events in turn; no request fails, and each event has its effect once.',
  missing: missingEvents,
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  async inject(stage, events, { figures, wrong, healWithinMs }) {
    const killOne = (program: ProgramState) => kill(program, { stage, events, healWithinMs })
    await killInTurn(stage, programsOf(stage(), 'consumers'), { figures, wrong, kill: killOne })
  },
  unprotected: [{ set: ['supervision=off'], finds: 'was not started again' }],
}
