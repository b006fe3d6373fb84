/** Options for the members of a group: one of them takes the writes, the others copy its binary log, and the keeper says which. */
import type { Flavour } from '../servers/server-program.ts'
import { LOG_OPTIONS } from './options.ts'

/**
 * How long a commit waits for a replica to have it: longer than anybody looks on (23 days). With the usual 10 s a primary whose
 * replicas are gone silently stops waiting, and then its crash loses what it has acknowledged.
 */
const SEMI_SYNC_TIMEOUT_MS = 2_000_000_000
/** Without word from the primary for so long, a replica connects anew (seconds); the primary says something every second. */
const SILENCE_S = 4
const RELAY_LOG_MIB = 16

/** What every member starts with. It starts as nobody: read only, following nobody; roles are given by the keeper alone. */
export function groupOptions(flavour: Flavour, serverId: number): string[] {
  return [
    // Until the keeper gives it one that no transaction in the log bears.
    `--server-id=${serverId}`,
    // A transaction that was sent to a replica is on the primary's disk; and it is kept for ever, as a member that has to be made anew
    // replays the log from the start.
    ...LOG_OPTIONS,
    '--relay-log=relay',
    // After a crash the relay log is fetched again, from where the tables stand.
    '--relay-log-recovery=ON',
    `--max-relay-log-size=${RELAY_LOG_MIB}M`,
    ...(flavour === 'mariadb' ? MARIADB_GROUP : MYSQL_GROUP),
  ]
}

/** A commit waits for the replica before its change can be seen (AFTER_SYNC): what a reader saw is never lost. */
const MARIADB_GROUP = [
  '--read-only=ON',
  '--gtid-strict-mode=ON',
  // Any member can become the one that the others copy.
  '--log-slave-updates=ON',
  '--skip-slave-start=ON',
  // What the primary committed together a replica carries out together: one wait for the disk in place of many.
  '--slave-parallel-threads=4',
  '--slave-parallel-mode=conservative',
  `--slave-net-timeout=${SILENCE_S}`,
  '--expire-logs-days=0',
  '--rpl-semi-sync-master-wait-point=AFTER_SYNC',
  `--rpl-semi-sync-master-timeout=${SEMI_SYNC_TIMEOUT_MS}`,
  // A replica that stops says so to its primary, which may be hung (seconds).
  '--rpl-semi-sync-slave-kill-conn-timeout=1',
  // The answer to a commit says where it is in the log: nobody has to ask afterwards.
  '--session-track-system-variables=last_gtid',
  // Not --init-rpl-role=SLAVE: it cuts transactions off the log of a crashed primary that a client may have been told of, which is
  // right only if another one was promoted. What a replaced primary has too much, the keeper finds and throws away.
]

const MYSQL_GROUP = [
  // The account that copies may write where read_only alone is set; nobody may here.
  '--super-read-only=ON',
  '--gtid-mode=ON',
  '--enforce-gtid-consistency=ON',
  '--log-replica-updates=ON',
  '--skip-replica-start=ON',
  `--replica-net-timeout=${SILENCE_S}`,
  '--binlog-expire-logs-seconds=0',
  '--plugin-load-add=semisync_source.so',
  '--plugin-load-add=semisync_replica.so',
  '--rpl-semi-sync-source-wait-point=AFTER_SYNC',
  `--rpl-semi-sync-source-timeout=${SEMI_SYNC_TIMEOUT_MS}`,
  '--session-track-gtids=OWN_GTID',
]
