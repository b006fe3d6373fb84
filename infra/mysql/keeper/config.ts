import type { Flavour } from '../../servers/server-program.ts'
import type { Settings } from '../../stage/settings.ts'
import type { KeeperOptions } from './keeper.ts'
import type { MemberAddress } from './member.ts'

export type KeeperConfig = Omit<KeeperOptions, 'log'> & { readonly port: number }

/** What the runner tells the keeper's process. */
export function keeperEnvironment({ port, flavour, version, members, password, database, recordFile, settings }: KeeperConfig) {
  const { semiSync, failover, fencing, replicaLagLimitMs } = settings
  return {
    OUTGROW_PORT: String(port),
    OUTGROW_SERVER: `${flavour} ${version}`,
    OUTGROW_MEMBERS: members.map((member) => `${member.name}:${member.port}`).join(','),
    OUTGROW_KEEPER_PASSWORD: password,
    OUTGROW_DATABASE: database,
    OUTGROW_RECORD: recordFile,
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
    port: Number(given('OUTGROW_PORT')),
    flavour: flavour as Flavour,
    version,
    members: given('OUTGROW_MEMBERS').split(',').map(parseMember),
    password: given('OUTGROW_KEEPER_PASSWORD'),
    database: given('OUTGROW_DATABASE'),
    recordFile: given('OUTGROW_RECORD'),
    settings: JSON.parse(given('OUTGROW_SETTINGS')) as Settings,
  }
}

function parseMember(text: string): MemberAddress {
  const [, name, port] = /^([\w-]+):(\d+)$/.exec(text) ?? []
  if (name === undefined) throw new Error(`OUTGROW_MEMBERS holds "${text}", which is no NAME:PORT`)
  return { name, port: Number(port) }
}
