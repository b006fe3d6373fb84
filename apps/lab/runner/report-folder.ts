import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { dataFolder } from '../../../infra/local/state/data-folder.ts'
import { freeMegabytes } from '../../../infra/local/state/disk.ts'
import { CommandError } from './command.ts'

/** The raw output of a run is a few MB at most. */
const NEEDED_MB = 50

/** Makes `reports/<time>-<name>/` under the data folder. Throws one line when the disk is full or the folder cannot be written. */
export async function reportFolder(name: string, now = new Date()): Promise<string> {
  const time = now.toISOString().slice(0, 23).replaceAll(/[:.]/g, '-')
  const folder = join(dataFolder(), 'reports', `${time}-${name}`)
  try {
    // What a run writes may hold the sessions of its shoppers while it goes on.
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new CommandError(`cannot make the report folder ${folder}: ${(error as NodeJS.ErrnoException).code}`)
  }
  const free = await freeMegabytes(folder)
  if (free < NEEDED_MB)
    throw new CommandError(`only ${Math.floor(free)} MB are free in ${folder}, and a run needs ${NEEDED_MB} MB`)
  return folder
}
