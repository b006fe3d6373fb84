import type { Drill } from '../../drill.ts'
import { kill } from '../../kills.ts'
import { programsOf } from '../../programs.ts'
import { oneOf } from '../../traffic/choices.ts'
import { judgeKill } from '../kill-app.ts'

/** Behind the edge a gateway is one of several, as an app is. */
export const killGateway: Drill = {
  summary: 'KILL to one gateway; only requests in flight may fail, and writes until the edge has taken it out.',
  missing(stage) {
    const copies = programsOf(stage, 'gateway').length
    return copies < 2 ? `this drill needs 2 gateways; stage ${stage.stage} has ${copies}` : undefined
  },
  limitsMs: { writes: 250, pages: 250, loggedIn: 250 },
  async inject(stage, events, { draw, healWithinMs }) {
    await kill(oneOf(programsOf(stage(), 'gateway'), draw), { stage, events, healWithinMs })
  },
  judge: judgeKill,
  unprotected: [{ set: ['redispatch=off'], finds: 'requests failed that began after the app was gone' }],
}
