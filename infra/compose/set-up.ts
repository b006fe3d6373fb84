/** The entry file of the one-shot that comes before everything else: lays the stage out that it is told, and ends. */
import { createHmac } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { freeMegabytes, requireSpace, type Space } from '../local/state/disk.ts'
import { type Secrets, secretsIn } from '../local/state/secrets.ts'
import { writeAtomically } from '../process/atomic-file.ts'
import { profileOf } from '../stage/address.ts'
import { loadStage } from '../stage/catalogue.ts'
import { type Plan, planOf } from '../stage/plan.ts'
import type { Stage } from '../stage/topology.ts'
import { type LaidOut, layOut } from './layout.ts'
import { KEY, OUT } from './places.ts'
import { PORT_BASE } from './port-base.ts'

if (import.meta.main) {
  try {
    const [reference = ''] = process.argv.slice(2)
    const plan = planWith(await loadStage(reference), (process.env.OUTGROW_SET ?? '').split(' ').filter(Boolean))
    const secrets = path.join(KEY, 'secrets.json')
    await requireVolumeSpace({ plan, folder: KEY, isFirst: !existsSync(secrets) })
    writeLayout(
      OUT,
      layOut({ plan, secrets: lastingSecrets(secrets, `with docker compose --profile ${profileOf(plan)} down --volumes`) }),
    )
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}

/** All volumes are on one disk, Docker's: what fits beside this one fits into the others. */
export function requireVolumeSpace(volume: Pick<Space, 'folder' | 'plan' | 'isFirst'>, freeMb = freeMegabytes) {
  return requireSpace({ ...volume, name: "Docker's volumes", else: 'remove what is not used (docker system prune)' }, freeMb)
}

/** Which containers there are stands in a file that was written before anything was set. */
export function planWith(stage: Stage, set: readonly string[]): Plan {
  const planFor = (pairs: readonly string[]) => planOf(stage, { portBase: PORT_BASE, runtime: 'compose', set: pairs })
  const [usual, plan] = [planFor([]), planFor(set)]
  const namesOf = ({ programs }: Plan) => programs.map(({ name }) => name).join(' ')
  if (namesOf(plan) === namesOf(usual)) return plan
  throw new Error(`OUTGROW_SET=${set.join(' ')} asks for other containers than docker-compose.yml has; npm start can do that`)
}

/** Containers come back one by one, so what two of them have in common must outlive them, and a second `up`. */
export function lastingSecrets(file: string, discard?: string): Secrets {
  const secrets = secretsIn(file, discard)
  const lasting = (name: string) => createHmac('sha256', secrets.labPassword).update(name).digest('base64url')
  return { ...secrets, proxyKey: lasting('proxyKey'), arrowsKey: lasting('arrowsKey') }
}

/**
 * It may run while the stage does: whoever starts meanwhile finds each file whole. Servers run as users of their own, so all may read; whom
 * a volume is for is decided by who has it.
 */
export function writeLayout(root: string, programs: readonly LaidOut[]): void {
  for (const { name, kind, files } of programs) {
    const folder = path.join(root, kind, name)
    mkdirSync(folder, { recursive: true })
    for (const [file, text] of Object.entries(files)) writeAtomically(path.join(folder, file), text, { mode: 0o644 })
  }
}
