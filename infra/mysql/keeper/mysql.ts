import { emptySchemas, KEEPER, quote } from '../bootstrap.ts'
import type { Copying, Dialect, GtidPosition, Observation, Role, Row, Source } from './dialect.ts'
import { countGtids, gtidText, parseGtidSet, subtractGtids } from './gtid-set.ts'

/** The source no longer has, or never had, what the replica asks for next. */
const NOT_IN_LOG = new Set([1236, 13_114])

/** Also for one that a keeper was ended at in the middle of telling it to refuse writes. */
const LET_IN = 'SET GLOBAL offline_mode = OFF'

export function mysqlDialect(version: string): Dialect {
  return {
    flavour: 'mysql',
    stateQuery: 'SELECT @@GLOBAL.read_only AS readOnly, @@GLOBAL.server_uuid AS uuid, @@GLOBAL.gtid_executed AS executed',
    copyingQuery: 'SHOW REPLICA STATUS',
    observation,
    excess,
    strays,
    startApplying: 'START REPLICA SQL_THREAD',
    stopReceiving: 'STOP REPLICA IO_THREAD',
    resumeReceiving: (role) => [semiSyncReplica(role), 'START REPLICA IO_THREAD'],
    follow,
    lead: ({ serverId, semiSync }) => [
      LET_IN,
      'STOP REPLICA',
      'RESET REPLICA ALL',
      'SET GLOBAL rpl_semi_sync_replica_enabled = OFF',
      `SET GLOBAL server_id = ${serverId}`,
      `SET GLOBAL rpl_semi_sync_source_enabled = ${semiSync ? 'ON' : 'OFF'}`,
    ],
    // Puts super_read_only off as well.
    takeWrites: 'SET GLOBAL read_only = OFF',
    // A commit goes on waiting after its client is gone, and has to be let go; nobody may come in and be let go with it.
    refuseWrites: [
      'SET GLOBAL offline_mode = ON',
      'SET GLOBAL rpl_semi_sync_source_enabled = OFF',
      'SET GLOBAL super_read_only = ON',
      LET_IN,
    ],
    empty: (schemas) => [
      'STOP REPLICA',
      'RESET REPLICA ALL',
      // Leaves read_only on, past which only the keeper's account writes.
      'SET GLOBAL super_read_only = OFF',
      resetLog(version),
      'SET SESSION sql_log_bin = OFF',
      ...emptySchemas(schemas),
      'SET SESSION sql_log_bin = ON',
      'SET GLOBAL super_read_only = ON',
    ],
  }
}

/** The old name went with 8.4, the new one came with 8.2. */
function resetLog(version: string): string {
  return /^8\.[01]\./.test(version) ? 'RESET MASTER' : 'RESET BINARY LOGS AND GTIDS'
}

function observation(state: Row, copying: Row | undefined): Observation {
  const executed = positionOf(String(state.executed))
  const own = { readOnly: Boolean(state.readOnly), uuid: String(state.uuid), executed }
  return { ...own, ...(copying && { copying: copyingOf(copying, executed) }) }
}

function copyingOf(row: Row, executed: GtidPosition): Copying {
  const receiving = row.Replica_IO_Running !== 'No'
  const applying = row.Replica_SQL_Running !== 'No'
  const differs = !applying && row.Last_SQL_Errno !== 0 && row.Last_SQL_Error
  const lost = !receiving && NOT_IN_LOG.has(Number(row.Last_IO_Errno)) && row.Last_IO_Error
  const fault = differs || lost
  return {
    sourcePort: Number(row.Source_Port),
    receiving,
    applying,
    connected: row.Replica_IO_Running === 'Yes',
    received: receivedOf(String(row.Retrieved_Gtid_Set), executed),
    ...(fault ? { fault: String(fault) } : {}),
  }
}

/** The fetched ones alone, as the executed ones would only make the text longer; counted with them. */
function receivedOf(retrieved: string, executed: GtidPosition): GtidPosition {
  const fetched = subtractGtids(parseGtidSet(retrieved), parseGtidSet(executed.text))
  return { text: gtidText(parseGtidSet(retrieved)), transactions: executed.transactions + countGtids(fetched) }
}

function positionOf(text: string): GtidPosition {
  const set = parseGtidSet(text)
  return { text: gtidText(set), transactions: countGtids(set) }
}

function excess(one: GtidPosition, other: GtidPosition): string {
  return gtidText(subtractGtids(parseGtidSet(one.text), parseGtidSet(other.text)))
}

function strays(one: Observation, primary: Observation): string {
  const left = subtractGtids(parseGtidSet(one.executed.text), parseGtidSet(primary.executed.text))
  return gtidText(new Map([...left].filter(([source]) => !source.startsWith(String(primary.uuid)))))
}

function follow({ host, port, password }: Source, role: Role): string[] {
  return [
    LET_IN,
    'STOP REPLICA',
    `SET GLOBAL server_id = ${role.serverId}`,
    // Without TLS the password goes encrypted with the source's public key.
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST = ${quote(host)}, SOURCE_PORT = ${port}, SOURCE_USER = ${quote(KEEPER)}, SOURCE_PASSWORD = ${quote(password)},
      SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 86400, SOURCE_HEARTBEAT_PERIOD = 1, SOURCE_SSL = 0, SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1`,
    semiSyncReplica(role),
    'START REPLICA',
  ]
}

/** Counts from the next connection to the source on. */
function semiSyncReplica({ semiSync }: Role): string {
  return `SET GLOBAL rpl_semi_sync_replica_enabled = ${semiSync ? 'ON' : 'OFF'}`
}
