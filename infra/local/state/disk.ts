import { existsSync } from 'node:fs'
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { StartError } from '../../process/start-error.ts'
import type { Plan } from '../../stage/plan.ts'
import type { StageFiles } from './data-folder.ts'

/** Measured: 91 to 173 MB for a database with its logs and the seeded shop, and what stands around it. */
const FIRST_START_MB_A_DATABASE = 200
const FIRST_START_FREE_MB = 500
const LATER_START_FREE_MB = 50

type FreeSpace = (folder: string) => Promise<number>

/** Makes the stage's folders; throws one clear line if they cannot be written or the disk is nearly full. */
export async function checkDisk(files: StageFiles, plan: Pick<Plan, 'programs'>, freeMb: FreeSpace = freeMegabytes) {
  await explained(files.folder, async () => {
    for (const folder of [files.folder, files.data, files.logs]) await checkWritable(folder)
  })
  const where = { folder: files.folder, name: files.folder, else: 'set OUTGROW_DATA to a folder elsewhere' }
  await requireSpace({ ...where, plan, isFirst: !existsSync(files.secrets) }, freeMb)
}

export type Space = {
  readonly folder: string
  /** What people call it. */
  readonly name: string
  readonly plan: Pick<Plan, 'programs'>
  readonly isFirst: boolean
  /** What can be done besides making room. */
  readonly else: string
}

/** Throws one clear line where a stage's data would not fit. */
export async function requireSpace({ folder, name, plan, isFirst, else: other }: Space, freeMb: FreeSpace = freeMegabytes) {
  const needed = isFirst ? firstStartMb(plan) : LATER_START_FREE_MB
  const free = await freeMb(folder)
  if (free >= needed) return
  throw new StartError(`only ${Math.floor(free)} MB are free in ${name}, and ${needed} MB are needed; make room, or ${other}`)
}

function firstStartMb({ programs }: Space['plan']): number {
  const databases = programs.filter(({ kind }) => kind === 'mysql').length
  return Math.max(FIRST_START_FREE_MB, databases * FIRST_START_MB_A_DATABASE)
}

/** The same, for the folder that must hold the lock before anything else is looked at. */
export async function makeStageFolder(files: StageFiles): Promise<void> {
  requireReadablePath(files.folder)
  await explained(files.folder, () => checkWritable(files.folder))
}

/** MySQL takes a colon for the end of a folder's name, Redis `?`, `*` and `[` for a pattern, HAProxy `$` for a variable. */
function requireReadablePath(folder: string): void {
  const [character] = /[:?*[$]/.exec(folder) ?? []
  if (character === undefined) return
  throw new StartError(`servers cannot use a folder with "${character}" in its path: ${folder}; set OUTGROW_DATA to another one`)
}

export async function freeMegabytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return (bavail * bsize) / 1024 / 1024
}

async function checkWritable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const probe = path.join(folder, `.probe-${process.pid}`)
  await writeFile(probe, 'x')
  await rm(probe)
}

async function explained(folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw new StartError(
      `cannot write to the data folder ${folder}: ${reason(error)}; set OUTGROW_DATA to a folder that you can write to`,
    )
  }
}

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your disk quota is used up',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'a file has its name',
}

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return REASONS[code] ?? (error as Error).message
}
