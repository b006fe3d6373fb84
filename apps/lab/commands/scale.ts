import type { Command } from '../runner/command.ts'
import { runningStage } from '../runner/running-stage.ts'
import { scaleRequest, USAGE } from '../scale/request.ts'
import { scale } from '../scale/scale.ts'

export const scaleCommand: Command = {
  summary: 'gives one service of a running stage more copies, or fewer, while its shop is open',
  usage: USAGE,
  async run(args) {
    const request = scaleRequest(args)
    process.stdout.write(await scale(await runningStage(request.stage), request))
    return 0
  },
}
