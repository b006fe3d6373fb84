import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeAtomically } from '../../process/atomic-file.ts'
import { StartError } from '../../process/start-error.ts'

export type Secrets = KeptSecrets & {
  /** Between the load balancer and the apps; made anew at every start, so it is in no file of ours. */
  readonly proxyKey: string
}

/** What the data folders know too. */
type KeptSecrets = {
  readonly databasePassword: string
  /** Of the account that copies data from one database server to another and says who is primary. */
  readonly replicationPassword: string
  /** One password for each Redis user. */
  readonly cachePassword: string
  readonly statePassword: string
  readonly redisReplicationPassword: string
  readonly sentinelPassword: string
  /** Of the Redis user with which drills and tools may do everything. */
  readonly labPassword: string
  /** The apps make verification codes unreadable with it; no store knows it. */
  readonly codeKey: string
}
const KEPT = [
  'databasePassword',
  'replicationPassword',
  'cachePassword',
  'statePassword',
  'redisReplicationPassword',
  'sentinelPassword',
  'labPassword',
  'codeKey',
] as const satisfies (keyof KeptSecrets)[]

/** The stage's passwords, made at its first start. The data folder knows them too, so a lost file is an error and never made anew behind its back. */
export function secretsIn(file: string): Secrets {
  try {
    return { ...parseSecrets(readFileSync(file, 'utf8')), proxyKey: randomKey() }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new StartError(
        `cannot read ${file} (${(error as Error).message}); mend it, or throw the stage's data away with --fresh`,
      )
    }
  }
  const kept = Object.fromEntries(KEPT.map((name) => [name, randomKey()])) as KeptSecrets
  writeAtomically(file, JSON.stringify(kept))
  return { ...kept, proxyKey: randomKey() }
}

function randomKey(): string {
  return randomBytes(18).toString('base64url')
}

function parseSecrets(text: string): KeptSecrets {
  const found: Record<string, unknown> = JSON.parse(text)
  const missing = KEPT.find((name) => typeof found[name] !== 'string' || found[name] === '')
  if (missing) throw new Error(`it holds no ${missing}`)
  return found as KeptSecrets
}
