import { rm } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { temporaryFolder } from '../../mysql/options.ts'
import type { Plan, Program } from '../../stage/plan.ts'
import { recordOfGroup } from '../launch/failover.ts'
import type { StageFiles } from '../state/data-folder.ts'

/** What a running stage has to do to go over from one plan to another. */
export type PlanChange = {
  readonly come: readonly Program[]
  readonly gone: readonly Program[]
  /** Those that must be told at their start what is new, which apps find out by themselves, and those that are wanted anew. */
  readonly changed: readonly Program[]
}

export function planChange(before: Plan, after: Plan, anew: readonly string[] = []): PlanChange {
  const isIn = ({ programs }: Plan, { name }: Program) => programs.some((other) => other.name === name)
  return {
    come: after.programs.filter((program) => !isIn(before, program)),
    gone: before.programs.filter((program) => !isIn(after, program)),
    changed: after.programs.filter((program) => {
      const old = before.programs.find(({ name }) => name === program.name)
      if (old && anew.includes(program.name)) return true
      return old?.kind === 'failover' && program.kind === 'failover' && !isDeepStrictEqual(old.groups, program.groups)
    }),
  }
}

/** What is on disk of databases that nobody needs any more, and of what their keeper knew of them. */
export async function discardData(files: StageFiles, programs: readonly Program[]): Promise<void> {
  for (const program of programs) {
    if (program.kind !== 'mysql') continue
    const { name, failover, shard } = program
    const folder = path.join(files.data, name)
    const record = failover !== undefined && shard !== undefined ? [recordOfGroup(files, failover, shard)] : []
    for (const one of [folder, temporaryFolder(folder), ...record]) await rm(one, { recursive: true, force: true, maxRetries: 5 })
  }
}
