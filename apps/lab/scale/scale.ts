/** One service of a running stage gets more copies, or fewer, while its shop is open. */
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { askRunner } from '../runner/ask-runner.ts'
import { say } from '../runner/command.ts'
import { oneAtATime } from '../runner/one-at-a-time.ts'
import { runningStage } from '../runner/running-stage.ts'
import { requireService, type ScaleRequest } from './request.ts'
import { endUnfinishedDeploy } from './unfinished-deploy.ts'

/** Answers what there is to say. */
export async function scale(stage: StageState, { service, copies }: ScaleRequest): Promise<string> {
  requireService(stage, service)
  return oneAtATime(stage, async () => {
    await endUnfinishedDeploy(stage)
    // Somebody may have changed it until it was our turn.
    const before = (await runningStage(stage.name)).settings[service]
    if (before === copies) return `${service} has ${copiesText(copies)} already; nothing was changed\n`
    const startedAt = performance.now()
    say(copies > before ? `starting copies of ${service} …` : `its callers leave copies of ${service}, which then end …`)
    await askRunner(stage, { changed: [`${service}=${copies}`] })
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    return `${service} has ${copiesText(copies)} now, and had ${before} (${seconds} s)\n`
  })
}

function copiesText(count: number): string {
  return count === 1 ? '1 copy' : `${count} copies`
}
