/** The server's option list: what the stages need from MySQL and MariaDB alike, and where the two differ. */
import type { Flavour } from '../servers/server-program.ts'
import { LOOPBACK } from '../stage/address.ts'

/** The best one for text in any language that both flavours have. */
export const COLLATION = 'utf8mb4_unicode_ci'

/** Strict, and the same in both flavours. */
const SQL_MODE =
  'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'

/** Of this server alone: one that starts removes what looks like left-over temporary tables, those of its neighbours as well. */
export function temporaryFolder(folder: string): string {
  return `${folder}.tmp`
}

/** Options for every run on a data folder, the first one included. */
export function storageOptions(flavour: Flavour, folder: string): string[] {
  return [
    `--datadir=${folder}`,
    `--tmpdir=${temporaryFolder(folder)}`,
    // Both flavours refuse to run as root unless told so.
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
    // Text can be in any language.
    '--character-set-server=utf8mb4',
    `--collation-server=${COLLATION}`,
    // Several servers share one laptop, and the whole shop is about 20 MB.
    '--innodb-buffer-pool-size=64M',
    '--table-open-cache=400',
    // Costs memory and CPU; the stages are measured from outside.
    '--performance-schema=OFF',
    // Nobody reads a binary log, unless the server is given LOG_OPTIONS.
    '--skip-log-bin',
    ...(flavour === 'mariadb' ? MARIADB_STORAGE : MYSQL_STORAGE),
  ]
}

/** A binary log in which each commit is on disk before it is answered: what was answered can be had from it again. */
export const LOG_OPTIONS = [
  '--log-bin=binlog',
  '--binlog-format=ROW',
  // Smaller logs; every table has a primary key.
  '--binlog-row-image=MINIMAL',
  '--sync-binlog=1',
]

export const BUCKETS_OPTIONS = [
  ...LOG_OPTIONS,
  // What changes in a bucket that moves is noted by triggers, which its log makes a privilege otherwise.
  '--log-bin-trust-function-creators=ON',
  // A server that has all 64 buckets has some 900 tables, each opened by several connections: of 400 none stays open until its next use.
  '--table-open-cache=4000',
  '--table-definition-cache=2000',
]

const MARIADB_STORAGE = [
  // Small, so that a first start is quick; large enough for a minute of writes.
  '--innodb-log-file-size=48M',
  // Traffic stays on loopback, where encryption only costs CPU.
  '--skip-ssl',
]

const MYSQL_STORAGE = [
  '--loose-innodb-redo-log-capacity=48M',
  // An empty list of versions is no TLS; then no certificates are needed either.
  '--tls-version=',
  '--loose-auto-generate-certs=OFF',
  // The X protocol would take a second port.
  '--loose-mysqlx=OFF',
  // No statement reads or writes files; the folder that the server was built for may not exist.
  '--secure-file-priv=NULL',
]

export type Listening = {
  readonly port: number
  /** Path of the Unix socket, relative to the data folder or short enough for the system (107 bytes). */
  readonly socket?: string
  readonly listenOn?: string
}

/** Options for a server that answers queries. The path of its pid file is relative to the data folder. */
export function servingOptions(flavour: Flavour, { port, socket = 'mysqld.sock', listenOn = LOOPBACK }: Listening): string[] {
  return [
    `--port=${port}`,
    // Nobody outside this machine, or outside the networks of its container.
    `--bind-address=${listenOn}`,
    `--socket=${socket}`,
    '--pid-file=mysqld.pid',
    // Accounts go by address: no look-up that can hang, and no way in for root@localhost over TCP.
    '--skip-name-resolve',
    // An order that was answered 201 is on disk.
    '--innodb-flush-log-at-trx-commit=1',
    // A request that waits longer for a lock has lost its client; 50 s is the default.
    '--innodb-lock-wait-timeout=2',
    // By default a lock timeout undoes only its statement and leaves half a transaction to be committed.
    '--innodb-rollback-on-timeout=ON',
    // Times are UTC wherever the laptop stands.
    '--default-time-zone=+00:00',
    `--sql-mode=${SQL_MODE}`,
    // More clients than all pools together is a bug that should show as an error, not as swapping.
    '--max-connections=150',
    // A client's own files are not the server's business.
    '--local-infile=OFF',
    // Lost updates under REPEATABLE READ become an error, as in newer MariaDB; MySQL has no such option.
    ...(flavour === 'mariadb' ? ['--loose-innodb-snapshot-isolation=ON'] : []),
  ]
}
