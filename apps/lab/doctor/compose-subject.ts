/** A stage in Docker Compose. Its containers and volumes are those of the file, so none of them may be there already. */
import { containers } from '../../../infra/compose/containers.ts'
import { docker } from '../../../infra/compose/docker.ts'
import { PORT_BASE } from '../../../infra/compose/port-base.ts'
import { ComposeProfile } from '../../../infra/compose/profile.ts'
import type { ServerProgram } from '../../../infra/servers/server-program.ts'
import type { Stage } from '../../../infra/stage/topology.ts'
import { loadShop } from './load.ts'
import type { Subject } from './measure.ts'

export async function composeSubject({ number, name }: Stage, k6: ServerProgram | undefined): Promise<Subject> {
  const profile = new ComposeProfile(number)
  await profile.refuseIfThere('which measuring would remove')
  await profile.build()
  return {
    stage: name,
    runtime: 'Docker Compose, MySQL',
    start: (signal) => profile.up(signal),
    stop: () => profile.down(),
    remove: () => profile.remove(),
    memoryMiB: () => memoryOf(profile),
    diskMb: () => volumesMb(profile),
    load: async (signal) => {
      if (k6) await loadShop(`http://127.0.0.1:${PORT_BASE + number}`, k6, signal)
      return k6 !== undefined
    },
  }
}

async function memoryOf({ name }: ComposeProfile): Promise<number | null> {
  const own = (await containers()).filter(({ service, state }) => service.startsWith(`${name}-`) && state === 'running')
  const sizes = own.map(({ memoryMiB }) => memoryMiB)
  return sizes.includes(null) ? null : sizes.reduce((sum: number, one) => sum + (one ?? 0), 0)
}

async function volumesMb({ volumePrefix }: ComposeProfile): Promise<number> {
  const [line = '[]'] = await docker('system', 'df', '--verbose', '--format', '{{json .Volumes}}')
  const volumes: { Name: string; Size: string }[] = JSON.parse(line)
  const own = volumes.filter(({ Name }) => Name.startsWith(volumePrefix))
  return own.reduce((sum, { Size }) => sum + megabytesIn(Size), 0)
}

const MB: Readonly<Record<string, number>> = { B: 1e-6, kB: 1e-3, KB: 1e-3, MB: 1, GB: 1e3 }

/** `233.1MB`, as Docker says it. */
export function megabytesIn(text: string): number {
  const [, amount = '0', unit = ''] = /^([\d.]+)(\w+)$/.exec(text) ?? []
  return Number(amount) * (MB[unit] ?? 0)
}
