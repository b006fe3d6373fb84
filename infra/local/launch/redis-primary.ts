import path from 'node:path'
import { lastPrimary } from '../../redis/primary-record.ts'
import type { Plan } from '../../stage/plan.ts'
import type { StageFiles } from '../state/data-folder.ts'

const decided = new WeakMap<Plan, Map<string, string>>()

/**
 * The server that a group starts with as its primary. It is decided once for all programs of the group, by files that each of them
 * will have written anew before the next asks: so ask before writing any.
 */
export function firstPrimary(plan: Plan, files: StageFiles, group: string): string {
  const known = decided.get(plan) ?? new Map<string, string>()
  decided.set(plan, known)
  const primary = known.get(group) ?? primaryOf(plan, files, group)
  known.set(group, primary)
  return primary
}

function primaryOf({ programs }: Plan, files: StageFiles, group: string): string {
  const folderOf = (name: string) => path.join(files.data, name)
  const servers = programs.filter((one) => one.kind === 'redis' && one.group === group).map(({ name }) => name)
  const sentinels = programs.filter((one) => one.kind === 'sentinel' && one.group === group).map(({ name }) => folderOf(name))
  const folders = new Map(servers.map((name) => [name, folderOf(name)]))
  const first = lastPrimary({ group, servers: folders, sentinels }) ?? servers[0]
  if (first === undefined) throw new Error(`${group} has no server`)
  return first
}
