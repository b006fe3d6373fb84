import { readdirSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Stage } from './topology.ts'

const FOLDER = path.resolve(import.meta.dirname, '../../stages')
const STAGE_FILE = /^(\d+-[a-z0-9-]+)\.ts$/

/** The stage called `3` or `3-load-balanced`. Throws one line that lists the stages there are. */
export async function loadStage(reference: string): Promise<Stage> {
  const name = stageNames().find((candidate) => candidate === reference || candidate.split('-', 1)[0] === reference)
  if (name === undefined) throw new Error(`there is no stage "${reference}"; there are: ${stageNames().join(', ')}`)
  const page: { default: Stage } = await import(pathToFileURL(path.join(FOLDER, `${name}.ts`)).href)
  return page.default
}

/** Names of all stages, in order of their numbers. */
export function stageNames(): string[] {
  const names = readdirSync(FOLDER).flatMap((file) => STAGE_FILE.exec(file)?.[1] ?? [])
  return names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
}
