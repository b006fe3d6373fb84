import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from '../../process/command.ts'
import { groupMembers } from '../../process/process-table.ts'
import { until } from '../../process/until.ts'

/** Short, so that a host of 0.15 CPU waits 8.5 ms for its next turn and not 85. */
const PERIOD_US = 10_000
/** The kernel takes no quota below 1 ms. */
const MIN_QUOTA_US = 1_000
const REMOVE_WITHIN_MS = 2_000

/** A folder of the kernel's cpu controller below which groups can be made. The two versions differ in the files that carry the limit. */
export type CgroupParent = { readonly version: 1 | 2; readonly folder: string }

/** The first place where this process may really make a group and limit it; undefined when there is none. */
export function findCgroupParent(): CgroupParent | undefined {
  return candidates().find(isUsable)
}

export function makeGroup(parent: CgroupParent, name: string, cpu: number): string {
  const group = path.join(parent.folder, name)
  mkdirSync(group, { recursive: true })
  setLimit(parent, group, cpu)
  return group
}

/** A shell joins the group and becomes the program, so that the pid stays. */
const JOIN_AND_BECOME = 'echo $$ > "$1"; shift; exec "$@"'

/** The command, started in the group: what it does first counts too. */
export function inGroup(group: string, { path: program, args, env }: Command): Command {
  return { path: '/bin/sh', args: ['-c', JOIN_AND_BECOME, 'sh', path.join(group, 'cgroup.procs'), program, ...args], env }
}

/** Moves whole process groups: every thread, and every child forked while it moves. */
export function joinGroup(group: string, leaders: readonly number[]): void {
  for (const leader of leaders) {
    for (const pass of [1, 2]) for (const { pid } of groupMembers(leader)) moveProcess(group, pid, pass)
  }
}

/** Takes the limit away and leaves the group, for instance so that its programs can end at full speed. */
export function liftLimit(parent: CgroupParent, group: string): void {
  if (!existsSync(group)) return
  if (parent.version === 1) writeFileSync(path.join(group, 'cpu.cfs_quota_us'), '-1')
  else writeFileSync(path.join(group, 'cpu.max'), `max ${PERIOD_US}`)
}

export function groupsNamed(parent: CgroupParent, prefix: string): string[] {
  return readdirSync(parent.folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => path.join(parent.folder, name))
}

/** Removes an empty group; the kernel may hold it a moment after its last process. Answers whether it is gone. */
export async function removeGroup(group: string): Promise<boolean> {
  return (await until(() => isRemoved(group), { withinMs: REMOVE_WITHIN_MS, everyMs: 20 })) ?? false
}

function isRemoved(group: string): boolean {
  try {
    rmdirSync(group)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

function setLimit({ version }: CgroupParent, group: string, cpu: number): void {
  const { period, quota } = quotaOf(cpu)
  if (version === 2) writeFileSync(path.join(group, 'cpu.max'), `${quota} ${period}`)
  else {
    writeFileSync(path.join(group, 'cpu.cfs_period_us'), String(period))
    writeFileSync(path.join(group, 'cpu.cfs_quota_us'), String(quota))
  }
}

/** Microseconds of CPU in so many of time. */
export function quotaOf(cpu: number): { readonly quota: number; readonly period: number } {
  const period = Math.max(PERIOD_US, Math.ceil(MIN_QUOTA_US / cpu))
  return { quota: Math.round(cpu * period), period }
}

function moveProcess(group: string, pid: number, pass: number): void {
  try {
    writeFileSync(path.join(group, 'cgroup.procs'), String(pid))
  } catch (error) {
    // It may end between being listed and being moved; another error would come again in the second pass.
    if (pass === 2 && (error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function candidates(): CgroupParent[] {
  const mounts = linesOf('/proc/mounts').map((line) => line.split(' '))
  const own = linesOf('/proc/self/cgroup').map((line) => line.split(':'))
  return mounts.flatMap(([, mount = '', type, options = '']) => {
    if (type === 'cgroup' && options.split(',').includes('cpu'))
      return below(1, mount, own.find(([, names]) => names?.split(',').includes('cpu'))?.[2])
    return type === 'cgroup2' ? below(2, mount, own.find(([id]) => id === '0')?.[2]) : []
  })
}

function below(version: 1 | 2, mount: string, own = '/'): CgroupParent[] {
  const folders = new Set([mount, path.join(mount, own), path.dirname(path.join(mount, own))])
  return [...folders].filter((folder) => folder.startsWith(mount) && existsSync(folder)).map((folder) => ({ version, folder }))
}

function isUsable(parent: CgroupParent): boolean {
  const probe = path.join(parent.folder, `outgrow-probe-${process.pid}`)
  try {
    if (parent.version === 2) enableCpu(parent.folder)
    mkdirSync(probe)
    try {
      setLimit(parent, probe, 0.5)
      return true
    } finally {
      rmdirSync(probe)
    }
  } catch {
    return false
  }
}

/** In version 2 a group hands the controller on to its children only when told to. */
function enableCpu(folder: string): void {
  const file = path.join(folder, 'cgroup.subtree_control')
  if (!readFileSync(file, 'utf8').split(/\s+/).includes('cpu')) writeFileSync(file, '+cpu')
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}
