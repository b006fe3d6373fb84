import type { Flavour } from '../../servers/server-program.ts'
import type { Settings } from '../../stage/settings.ts'
import type { KeeperOptions } from './keeper.ts'

type OfAll = 'flavour' | 'version' | 'password' | 'schemas' | 'settings'
type GroupConfig = Omit<KeeperOptions, OfAll | 'log'> & { readonly name: string }

/** One keeper's process watches over one group or several. */
export type KeeperConfig = Pick<KeeperOptions, OfAll> & {
  readonly host: string
  readonly port: number
  readonly groups: readonly GroupConfig[]
}

/** What the runner tells the keeper's process. */
export function keeperEnvironment({ host, port, flavour, version, groups, password, schemas, settings }: KeeperConfig) {
  const { semiSync, failover, fencing, replicaLagLimitMs } = settings
  return {
    OUTGROW_HOST: host,
    OUTGROW_PORT: String(port),
    OUTGROW_SERVER: `${flavour} ${version}`,
    OUTGROW_GROUPS: JSON.stringify(groups),
    OUTGROW_KEEPER_PASSWORD: password,
    OUTGROW_SCHEMAS: JSON.stringify(schemas),
    OUTGROW_SETTINGS: JSON.stringify({ semiSync, failover, fencing, replicaLagLimitMs }),
  }
}

/** Throws one line that names what is missing. */
export function readKeeperConfig(env: NodeJS.ProcessEnv): KeeperConfig {
  const given = (name: string): string => {
    const value = env[name]
    if (!value) throw new Error(`the environment lacks ${name}`)
    return value
  }
  const [flavour = '', version = ''] = given('OUTGROW_SERVER').split(' ')
  return {
    host: given('OUTGROW_HOST'),
    port: Number(given('OUTGROW_PORT')),
    flavour: flavour as Flavour,
    version,
    groups: JSON.parse(given('OUTGROW_GROUPS')) as GroupConfig[],
    password: given('OUTGROW_KEEPER_PASSWORD'),
    schemas: JSON.parse(given('OUTGROW_SCHEMAS')) as KeeperConfig['schemas'],
    settings: JSON.parse(given('OUTGROW_SETTINGS')) as Settings,
  }
}
