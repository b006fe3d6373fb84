/** The containers of stages that are up, as Docker tells them. */
import { COMPOSE_PROJECT } from './compose-file.ts'
import { docker } from './docker.ts'

export type Container = {
  readonly service: string
  /** `running`, `exited`, … */
  readonly state: string
  /** `healthy`, `unhealthy`, `starting`; empty where nobody asks. */
  readonly health: string
  readonly exitCode: number
  readonly memoryMiB: number | null
  readonly cpuMsPerS: number | null
}

const LABEL = 'com.docker.compose'

/** All of the project, over one short time; throws one line where Docker cannot be asked. */
export async function containers(): Promise<Container[]> {
  const columns = `{{.ID}}\t{{.Label "${LABEL}.service"}}\t{{.State}}\t{{.Status}}`
  const rows = await docker('ps', '--all', '--filter', `label=${LABEL}.project=${COMPOSE_PROJECT}`, '--format', columns)
  const found = rows.map((row) => row.split('\t'))
  const running = found.flatMap(([id, , state]) => (state === 'running' && id !== undefined ? [id] : []))
  const uses = await usesOf(running)
  return found.map(([id = '', service = '', state = '', status = '']) => ({
    service,
    state,
    health: /\((?:health: )?(\w+)\)$/.exec(status)?.[1] ?? '',
    exitCode: Number(/^Exited \((\d+)\)/.exec(status)?.[1] ?? 0),
    ...(uses.get(id) ?? { memoryMiB: null, cpuMsPerS: null }),
  }))
}

type Use = Pick<Container, 'memoryMiB' | 'cpuMsPerS'>

/** One that has ended meanwhile takes nothing. */
async function usesOf(ids: readonly string[]): Promise<Map<string, Use>> {
  if (ids.length === 0) return new Map()
  const rows = await docker('stats', '--no-stream', '--format', '{{.ID}}\t{{.CPUPerc}}\t{{.MemUsage}}', ...ids)
  return new Map(rows.map(parseUse))
}

/** `7893841134d4  0.68%  8.582MiB / 128MiB` */
export function parseUse(row: string): [id: string, use: Use] {
  const [id = '', cpu = '', memory = ''] = row.split('\t')
  const [, amount, unit = ''] = /^([\d.]+)([KMGT]?)i?B/i.exec(memory) ?? []
  return [
    id,
    {
      cpuMsPerS: /^[\d.]+%$/.test(cpu) ? Number.parseFloat(cpu) * 10 : null,
      memoryMiB: amount === undefined ? null : Number(amount) * (MIB[unit.toUpperCase()] ?? 0),
    },
  ]
}

const MIB: Readonly<Record<string, number>> = { '': 2 ** -20, K: 2 ** -10, M: 1, G: 2 ** 10, T: 2 ** 20 }
