/** A stage in Docker Compose. Its containers and volumes are those of the file, so none of them may be there already. */
import path from 'node:path'
import { COMPOSE_FILE, COMPOSE_PROJECT } from '../../../infra/compose/compose-file.ts'
import { containers } from '../../../infra/compose/containers.ts'
import { docker, dockerWithin } from '../../../infra/compose/docker.ts'
import { PORT_BASE } from '../../../infra/compose/port-base.ts'
import { CHECKOUT } from '../../../infra/local/state/data-folder.ts'
import type { ServerProgram } from '../../../infra/servers/server-program.ts'
import type { Stage } from '../../../infra/stage/topology.ts'
import { CommandError } from '../runner/command.ts'
import { loadShop } from './load.ts'
import type { Subject } from './measure.ts'

const UP_WITHIN_MS = 5 * 60_000
const BUILD_WITHIN_MS = 15 * 60_000
const DOWN_WITHIN_MS = 2 * 60_000

export async function composeSubject({ number, name }: Stage, k6: ServerProgram | undefined): Promise<Subject> {
  const profile = `stage${number}`
  const compose = (withinMs: number, ...args: string[]) =>
    dockerWithin(withinMs, ['compose', '--file', path.join(CHECKOUT, COMPOSE_FILE), '--profile', profile, ...args])
  await refuseIfThere(profile)
  await compose(BUILD_WITHIN_MS, 'build', '--quiet')
  return {
    stage: name,
    runtime: 'Docker Compose, MySQL',
    start: async (signal) => {
      signal.throwIfAborted()
      await compose(UP_WITHIN_MS, 'up', '--wait', '--quiet-pull')
    },
    stop: async () => void (await compose(DOWN_WITHIN_MS, 'down')),
    remove: async () => void (await compose(DOWN_WITHIN_MS, 'down', '--volumes')),
    memoryMiB: () => memoryOf(profile),
    diskMb: () => volumesMb(profile),
    load: async (signal) => {
      if (k6) await loadShop(`http://127.0.0.1:${PORT_BASE + number}`, k6, signal)
      return k6 !== undefined
    },
  }
}

async function refuseIfThere(profile: string): Promise<void> {
  const volumes = await docker('volume', 'ls', '--quiet', '--filter', `name=${COMPOSE_PROJECT}_${profile}-`)
  if (volumes.length === 0) return
  const down = `docker compose --profile ${profile} down --volumes`
  throw new CommandError(`${profile} of Docker Compose has data, which measuring would remove: remove it first with ${down}`)
}

async function memoryOf(profile: string): Promise<number | null> {
  const own = (await containers()).filter(({ service, state }) => service.startsWith(`${profile}-`) && state === 'running')
  const sizes = own.map(({ memoryMiB }) => memoryMiB)
  return sizes.includes(null) ? null : sizes.reduce((sum: number, one) => sum + (one ?? 0), 0)
}

async function volumesMb(profile: string): Promise<number> {
  const [line = '[]'] = await docker('system', 'df', '--verbose', '--format', '{{json .Volumes}}')
  const volumes: { Name: string; Size: string }[] = JSON.parse(line)
  const own = volumes.filter(({ Name }) => Name.startsWith(`${COMPOSE_PROJECT}_${profile}-`))
  return own.reduce((sum, { Size }) => sum + megabytesIn(Size), 0)
}

const MB: Readonly<Record<string, number>> = { B: 1e-6, kB: 1e-3, KB: 1e-3, MB: 1, GB: 1e3 }

/** `233.1MB`, as Docker says it. */
export function megabytesIn(text: string): number {
  const [, amount = '0', unit = ''] = /^([\d.]+)(\w+)$/.exec(text) ?? []
  return Number(amount) * (MB[unit] ?? 0)
}
