/** The databases of a stage that has a group of them: who is who, and what a drill does to them. */
import { type Connection, createConnection } from 'mysql2/promise'
import { rolesNow } from '../../../infra/local/state/primary-database.ts'
import { secretsIn } from '../../../infra/local/state/secrets.ts'
import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import { dialectOf } from '../../../infra/mysql/keeper/dialect-of.ts'
import { KeptConnection } from '../../../infra/mysql/keeper/kept-connection.ts'
import type { Roles } from '../../../infra/mysql/roles.ts'
import { until } from '../../../infra/process/until.ts'
import { LOOPBACK } from '../../../infra/stage/address.ts'
import type { HeldStore } from '../../../infra/stage/store-addresses.ts'
import { eventNow, type FaultEvent } from './fault-events.ts'
import { programNamed } from './programs.ts'

const TIMEOUT_MS = 2_000
const POLL_MS = 20

export function missingReplicas(stage: StageState): string | undefined {
  return groupOf(stage) ? undefined : `this drill needs a database with replicas; stage ${stage.stage} has none`
}

/** Everybody's rows are in one group. */
export function missingWholeGroup(stage: StageState): string | undefined {
  if (groupOf(stage)?.holds.includes('orders')) return undefined
  return (
    missingReplicas(stage) ?? `this drill needs orders in a database with replicas; stage ${stage.stage} has its catalogue there`
  )
}

/** The products are in a group, and what belongs to customers is elsewhere. */
export function missingCatalogueGroup(stage: StageState): string | undefined {
  if (groupOf(stage)?.holds.includes('orders') === false) return undefined
  return (
    missingReplicas(stage) ?? `this drill needs a catalogue apart from the orders; stage ${stage.stage} has both in one place`
  )
}

/** The group that has the products, if that is one. */
export function groupOf({ stores }: StageState): HeldStore | undefined {
  return stores.find(({ failover, holds }) => failover !== undefined && holds.includes('products'))
}

export function rolesOf(stage: StageState): Promise<Roles> {
  return rolesNow(keeperOf(stage).port)
}

function keeperOf(stage: StageState): ProgramState {
  const keeper = groupOf(stage)?.failover
  if (keeper === undefined) throw new Error(`stage ${stage.stage} has no keeper`)
  return programNamed(stage, keeper)
}

/** Throws where nobody takes writes. */
export async function primaryOf(stage: StageState): Promise<ProgramState> {
  const { primary } = await rolesOf(stage)
  if (primary === null) throw new Error('no database takes writes')
  return programNamed(stage, primary)
}

/** Notes when somebody takes the writes after `was` was missed: a replica, or the same server again. Gives up after `withinMs`. */
export async function noteTakeover(stage: () => StageState, events: FaultEvent[], was: string, withinMs: number): Promise<void> {
  const now = async () => (await rolesOf(stage()).catch(() => undefined))?.primary ?? null
  let missed = false
  const successor = async () => {
    const primary = await now()
    missed ||= primary !== was
    return missed && primary
  }
  const primary = await until(successor, { withinMs, everyMs: POLL_MS })
  if (primary) events.push(eventNow(`${primary} takes the writes`, primary))
}

/** Whether there is a primary, and every other member serves reads. */
export async function isGroupWhole(stage: StageState): Promise<boolean> {
  const group = groupOf(stage)
  if (!group) return true
  const { primary, replicas } = await rolesOf(stage)
  return primary !== null && replicas.length === group.servers.length - 1 && replicas.every(({ serving }) => serving)
}

/** From now on these replicas receive nothing from their primary. */
export async function cutOff(stage: StageState, names: readonly string[]): Promise<void> {
  const { flavour } = await rolesOf(stage)
  const { replicationPassword } = secretsIn(stage.secretsFile)
  const { stopReceiving } = dialectOf(flavour, '')
  await Promise.all(
    names.map(async (name) => {
      const connection = new KeptConnection({ host: LOOPBACK, port: programNamed(stage, name).port }, replicationPassword)
      await connection.query(stopReceiving, TIMEOUT_MS).finally(() => connection.close())
    }),
  )
}

/** As the shop, past the shop. */
export async function connectTo({ databases }: StageState, name: string): Promise<Connection> {
  const url = databases.find((database) => database.name === name)?.url
  if (url === undefined) throw new Error(`the stage has no database called ${name}`)
  const { hostname, port, username, password, pathname } = new URL(url)
  const login = { host: hostname, port: Number(port), user: username, password: decodeURIComponent(password) }
  const connection = await createConnection({ ...login, database: pathname.slice(1), connectTimeout: TIMEOUT_MS })
  // A connection that is cut is part of the drill.
  connection.on('error', () => undefined)
  return connection
}
