import { StartError } from '../../process/start-error.ts'
import { addressOf } from '../../stage/address.ts'
import type { DatabaseAddress } from '../../stage/app-document.ts'
import type { MysqlProgram, Plan, Program } from '../../stage/plan.ts'
import { databasePassword, type Secrets } from './secrets.ts'

/** Where a tool finds a database of the plan. */
export function databaseUrl(plan: Plan, name: string, secrets: Secrets): string {
  const { user, password, host, port, database } = databaseAddress(plan, name, secrets)
  return `mysql://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}?name=${name}`
}

/** Apps get another `host` by the setting databaseHost, so that a wrong one can be tried. */
export function databaseAddress(plan: Plan, name: string, secrets: Secrets, host = addressOf(plan, name)): DatabaseAddress {
  if (!URL.canParse(`mysql://${host.includes(':') ? `[${host}]` : host}/`))
    throw new StartError(`"${host}" is no value for the setting databaseHost: it takes a name or an address`)
  const password = databasePassword(secrets, storeOf(plan, name))
  const own = { name, host, port: portOf(plan, name), user: 'shop', password, database: 'shop' }
  const shard = shardOf(plan, name)
  return { ...own, ...(shard !== name && { shard }) }
}

function storeOf(plan: Plan, name: string): string {
  const program = programCalled(plan, name)
  return program.kind === 'mysql' ? storeOfServer(program) : name
}

/** What a page names: the buckets that a server has some of, its group, or the server itself. */
export function storeOfServer({ name, failover, bucketsOf }: Pick<MysqlProgram, 'name' | 'failover' | 'bucketsOf'>): string {
  return bucketsOf ?? failover ?? name
}

/** The shard that a server with buckets is, or is one of several of. */
export function shardOf(plan: Plan, name: string): string {
  const program = programCalled(plan, name)
  return program.kind === 'mysql' && program.shard !== undefined ? program.shard : name
}

export function portOf(plan: Plan, name: string): number {
  return programCalled(plan, name).port
}

export function placeOf(plan: Plan, name: string): { host: string; port: number } {
  return { host: addressOf(plan, name), port: portOf(plan, name) }
}

export function httpUrlOf(plan: Plan, name: string): string {
  return `http://${addressOf(plan, name)}:${portOf(plan, name)}`
}

function programCalled({ programs }: Plan, name: string): Program {
  const program = programs.find((candidate) => candidate.name === name)
  if (!program) throw new Error(`the plan has no program called ${name}`)
  return program
}
