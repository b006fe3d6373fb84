import { portBase } from '../../../infra/local/state/data-folder.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { planOf } from '../../../infra/stage/plan.ts'
import { buildFrom } from '../deploy/build.ts'
import { deploy } from '../deploy/deploy.ts'
import { deployRequest, refuseFull, refuseStage, USAGE } from '../deploy/request.ts'
import type { Command } from '../runner/command.ts'
import { runningStage } from '../runner/running-stage.ts'

export const deployCommand: Command = {
  summary: 'replaces one service of a running stage by another build, copy by copy, while its shop is open',
  usage: USAGE,
  async run(args) {
    const request = deployRequest(args)
    refuseStage(planOf(await loadStage(request.stage), { portBase: portBase() }), request.service)
    refuseFull(await runningStage(request.stage), request.service)
    process.stdout.write(await deploy(request.stage, request.service, await buildFrom(request.from)))
    return 0
  },
}
