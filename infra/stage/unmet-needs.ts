import { COPIES, parsePair, type Settings } from './settings.ts'
import type { Box, RedisRole } from './topology.ts'

/** Values that need a Redis of these roles, which not every stage has. */
const NEEDED: { readonly [Name in keyof Settings]?: Readonly<Record<string, readonly RedisRole[]>> } = {
  sessions: { redis: ['state'] },
  limits: { redis: ['state'] },
  cache: { redis: ['cache'] },
  hotData: { redis: ['cache', 'state'] },
}

type Wanted = {
  readonly settings: Settings
  /** `name=value` pairs that somebody asked for. */
  readonly asked: readonly string[]
}

/** Throws one line that names the first setting that a stage of these boxes cannot have. */
export function refuseUnmetNeeds(stageName: string, { settings, asked }: Wanted, boxes: readonly Box[]): void {
  const roles = new Set(boxes.flatMap((box) => ('role' in box ? [box.role] : [])))
  for (const [name, values] of Object.entries(NEEDED)) {
    const value = settings[name as keyof Settings]
    const missing = values[value]?.find((role) => !roles.has(role))
    if (missing) throw new Error(`stage ${stageName} has no Redis for ${missing}, which ${name}=${value} needs`)
  }
  refuseCopiesOfNothing(stageName, asked, boxes)
}

/** Who asks for more of what a stage has not would measure something else than is meant. */
function refuseCopiesOfNothing(stageName: string, asked: readonly string[], boxes: readonly Box[]): void {
  for (const [name, count] of asked.map(parsePair)) {
    if (!(name in COPIES) || boxes.some((box) => box.name === name)) continue
    throw new Error(`stage ${stageName} has no box called ${name}, of which ${name}=${count} asks for copies`)
  }
}
