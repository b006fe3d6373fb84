import { emptySchemas, KEEPER, quote } from '../bootstrap.ts'
import type { Copying, Dialect, GtidPosition, Observation, Role, Row, Source } from './dialect.ts'
import { memberOf } from './server-ids.ts'

/** The source no longer has, or never had, what the replica asks for next. */
const NOT_IN_LOG = 1236

export function mariadbDialect(): Dialect {
  return {
    flavour: 'mariadb',
    stateQuery: "SELECT CAST(@@GLOBAL.read_only AS CHAR) IN ('1', 'ON') AS readOnly, @@GLOBAL.gtid_binlog_state AS executed",
    copyingQuery: 'SHOW SLAVE STATUS',
    observation,
    excess,
    strays,
    startApplying: 'START SLAVE SQL_THREAD',
    stopReceiving: 'STOP SLAVE IO_THREAD',
    resumeReceiving: (role) => [semiSyncReplica(role), 'START SLAVE IO_THREAD'],
    follow,
    lead: ({ serverId, semiSync }) => [
      'STOP SLAVE',
      'RESET SLAVE ALL',
      'SET GLOBAL rpl_semi_sync_slave_enabled = OFF',
      `SET GLOBAL server_id = ${serverId}`,
      `SET GLOBAL rpl_semi_sync_master_enabled = ${semiSync ? 'ON' : 'OFF'}`,
    ],
    takeWrites: 'SET GLOBAL read_only = OFF',
    // Whoever comes in between waits for an acknowledgement, and keeps the first from being carried out.
    refuseWrites: ['SET GLOBAL read_only = ON', 'SET GLOBAL rpl_semi_sync_master_enabled = OFF'],
    empty: (schemas) => [
      'STOP SLAVE',
      'RESET SLAVE ALL',
      'RESET MASTER',
      "SET GLOBAL gtid_slave_pos = ''",
      'SET SESSION sql_log_bin = OFF',
      ...emptySchemas(schemas),
      'SET SESSION sql_log_bin = ON',
    ],
  }
}

function observation(state: Row, copying: Row | undefined): Observation {
  const executed = positionOf(String(state.executed))
  return { readOnly: Boolean(state.readOnly), executed, ...(copying && { copying: copyingOf(copying, executed) }) }
}

function copyingOf(row: Row, executed: GtidPosition): Copying {
  const received = positionOf(String(row.Gtid_IO_Pos))
  const receiving = row.Slave_IO_Running !== 'No'
  const applying = row.Slave_SQL_Running !== 'No'
  const differs = !applying && row.Last_SQL_Errno !== 0 && row.Last_SQL_Error
  const lost = !receiving && row.Last_IO_Errno === NOT_IN_LOG && row.Last_IO_Error
  const fault = differs || lost
  return {
    sourcePort: Number(row.Master_Port),
    receiving,
    applying,
    connected: row.Slave_IO_Running === 'Yes',
    received: received.transactions > executed.transactions ? received : executed,
    ...(fault ? { fault: String(fault) } : {}),
  }
}

/** A position or a state: the last transaction of each server that wrote, `domain-server-sequence`. The sequence counts on through all servers. */
function positionOf(text: string): GtidPosition {
  return { text, transactions: Math.max(0, ...[...lastOfEach(text).values()]) }
}

function lastOfEach(text: string): Map<string, number> {
  const parts = text.split(',').filter(Boolean)
  return new Map(
    parts.map((part) => {
      const at = part.lastIndexOf('-')
      return [part.slice(0, at), Number(part.slice(at + 1))]
    }),
  )
}

function excess(one: GtidPosition, other: GtidPosition): string {
  return excessOf(one, other, () => true)
}

/**
 * What the primary wrote itself a replica may have before the primary says so. It wrote under the ids that its member had in any epoch:
 * a session keeps the one of its beginning, and clients keep their sessions when a replica is promoted.
 */
function strays(one: Observation, primary: Observation, { serverId }: Role): string {
  const isOwn = (server: string) => memberOf(Number(server.split('-')[1])) === memberOf(serverId)
  return excessOf(one.executed, primary.executed, (server) => !isOwn(server))
}

/** `server` is `domain-server`. */
function excessOf(one: GtidPosition, other: GtidPosition, counts: (server: string) => boolean): string {
  const known = lastOfEach(other.text)
  const more = [...lastOfEach(one.text)].filter(([server, last]) => counts(server) && last > (known.get(server) ?? 0))
  return more.map(([server, last]) => `${server}-${last}${since(known.get(server))}`).join(', ')
}

function since(last: number | undefined): string {
  return last === undefined ? ' and all before it from there' : ` and all before it down to ${last + 1}`
}

function follow({ host, port, password }: Source, role: Role): string[] {
  return [
    'STOP SLAVE',
    `SET GLOBAL server_id = ${role.serverId}`,
    // What it wrote itself counts as well as what it copied.
    'SET GLOBAL gtid_slave_pos = @@GLOBAL.gtid_binlog_pos',
    `CHANGE MASTER TO MASTER_HOST = ${quote(host)}, MASTER_PORT = ${port}, MASTER_USER = ${quote(KEEPER)}, MASTER_PASSWORD = ${quote(password)},
      MASTER_CONNECT_RETRY = 1, MASTER_HEARTBEAT_PERIOD = 1, MASTER_USE_GTID = slave_pos`,
    semiSyncReplica(role),
    'START SLAVE',
  ]
}

/** Counts from the next connection to the source on. */
function semiSyncReplica({ semiSync }: Role): string {
  return `SET GLOBAL rpl_semi_sync_slave_enabled = ${semiSync ? 'ON' : 'OFF'}`
}
