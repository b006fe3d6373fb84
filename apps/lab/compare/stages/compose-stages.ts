/** The stages of a comparison in Docker Compose: each brought up from nothing, as there is one of each in docker-compose.yml. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ContainerSizes } from '../../../../infra/compose/container-sizes.ts'
import { requireCompose } from '../../../../infra/compose/docker.ts'
import { PORT_BASE } from '../../../../infra/compose/port-base.ts'
import { ComposeProfile } from '../../../../infra/compose/profile.ts'
import { planWith } from '../../../../infra/compose/set-up.ts'
import { checkPorts } from '../../../../infra/local/run/ports.ts'
import { planOf } from '../../../../infra/stage/plan.ts'
import { cpuSeconds } from '../../load/cpu-time.ts'
import { CommandError } from '../../runner/command.ts'
import { ComposeStage } from '../../runner/compose-stage.ts'
import type { Contestant } from '../request.ts'
import { type ComparedStage, comparedStage, type HeldStage, removeStages, type StartOptions } from './compared-stage.ts'

/** Throws one line where these contestants cannot be compared in containers, before anything starts. */
export async function requireComposeContestants(contestants: readonly Contestant[]): Promise<void> {
  const numbers = contestants.map(({ stage }) => stage.number)
  const twice = numbers.find((number, place) => numbers.indexOf(number) !== place)
  if (twice !== undefined)
    throw new CommandError(
      `in Docker Compose there is one stage ${twice}, to be compared with others; npm start can run two of it`,
    )
  await requireCompose()
  for (const { stage, set } of contestants) {
    planWith(stage, set)
    await new ComposeProfile(stage.number).refuseIfThere('and a comparison starts afresh')
    await checkPorts(planOf(stage, { portBase: PORT_BASE, set }), { canMove: false })
  }
}

/** One after the other. If one fails, all are removed. */
export async function startComposeStages(
  contestants: readonly Contestant[],
  { sizeCpu, signal }: StartOptions,
): Promise<ComparedStage[]> {
  const stages: ComparedStage[] = []
  try {
    for (const [index, contestant] of contestants.entries()) {
      const plan = planOf(contestant.stage, { portBase: PORT_BASE, set: contestant.set })
      stages.push(comparedStage(index, contestant, plan, await upAndHeld(contestant, { sizeCpu, signal })))
    }
    for (const stage of stages) requireVisible(stage)
    return stages
  } catch (error) {
    await removeStages(stages.map(({ held }) => held))
    signal.throwIfAborted()
    throw error
  }
}

async function upAndHeld({ stage, set }: Contestant, { sizeCpu, signal }: StartOptions): Promise<HeldStage> {
  const profile = new ComposeProfile(stage.number, set)
  try {
    await profile.build(signal)
    await profile.up(signal)
    return await heldOpen(profile, await ComposeStage.open(stage), sizeCpu)
  } catch (error) {
    await profile.remove()
    throw error
  }
}

type Profile = Pick<ComposeProfile, 'name' | 'remove'>
type Open = Pick<ComposeStage, 'state' | 'size' | 'close'>

export async function heldOpen(profile: Profile, open: Open, sizeCpu: number | null): Promise<HeldStage> {
  const folder = await mkdtemp(path.join(tmpdir(), 'outgrow-compare-'))
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  let sizes: ContainerSizes | undefined
  return {
    folder,
    logs: `docker compose --profile ${profile.name} logs`,
    state: open.state,
    now: () => open.state,
    size: async () => {
      sizes = sizeCpu === null ? undefined : await open.size(sizeCpu)
    },
    atFullSpeed: async (work) => {
      await sizes?.lift()
      return work().finally(() => sizes?.restore())
    },
    ended,
    // In the folder is who is logged in, so that it goes also where the rest makes trouble.
    remove: () =>
      open
        .close()
        .finally(() => profile.remove())
        .finally(() => rm(folder, { recursive: true, force: true }))
        .finally(end),
  }
}

/** Where Docker has a machine of its own, processes in containers are not among those of this one. */
function requireVisible({ state }: ComparedStage): void {
  const hidden = state.programs.find(({ pid }) => cpuSeconds(pid) === undefined)
  if (hidden === undefined) return
  throw new CommandError(
    `compare reads the CPU of containers from /proc, and ${hidden.container} has no process there: Docker runs in a machine of its own`,
  )
}
