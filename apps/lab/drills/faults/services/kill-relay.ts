import type { ProgramState } from '../../../../../infra/local/state/stage-state.ts'
import type { Drill } from '../../drill.ts'
import { killInTurn, missingEvents } from '../../heard.ts'
import { silentSince } from '../../returned.ts'
import { copiesOf, judgeServices, missingServices, NO_LIMITS } from '../../services.ts'
import { killCopy } from './kill-service.ts'

/** Each copy of the service that tells has a relay, and one of them sends: of two that are killed in turn one was it. */
export const killRelay: Drill = {
  summary:
    'KILL to the copies of orders in turn, so to whoever sends their events; another one sends what was left, and nothing is lost.',
  missing: (stage) => missingEvents(stage) ?? missingServices(stage),
  limitsMs: NO_LIMITS,
  async inject(stage, events, { figures, wrong, healWithinMs }) {
    const kill = (copy: ProgramState) => killCopy(copy, 'orders', { stage, events, healWithinMs })
    await killInTurn(stage, copiesOf(stage(), 'orders'), { figures, wrong, kill })
  },
  judge: (sent, events) => [...judgeServices(sent, events), ...silentSince(sent, events)],
  unprotected: [{ set: ['supervision=off'], finds: 'was not started again' }],
}
