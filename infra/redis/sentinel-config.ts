/** The configuration of a Sentinel, each line with its why. Sentinel rewrites the file as it learns and decides. */
import { LOOPBACK } from '../stage/address.ts'

export type SentinelOptions = {
  readonly port: number
  /** On which of its host's addresses it listens; on its loopback unless given. */
  readonly listenOn?: string
  /** By which name the others find it; unless given, everybody is known by address. */
  readonly hostName?: string
  readonly folder: string
  /** The name by which apps ask for the primary. */
  readonly group: string
  readonly primary: { readonly host: string; readonly port: number }
  /** Sentinels that must agree that the primary is gone. */
  readonly quorum: number
  /** Lines that name users; see acl.ts. */
  readonly users: readonly string[]
  /** With which it logs in to the servers that it watches, and to the other Sentinels. */
  readonly sentinelPassword: string
}

/**
 * Silence of this length is an outage: longer than a pause of a host with a seventh of a CPU, and most of what a failover costs
 * (measured with 5000, 1000 and 500 ms: 6.2, 2.3 and 1.8 s without writes).
 */
const DOWN_AFTER_MS = 1_000
/** After a failover that came to nothing the next is tried after twice this. */
const FAILOVER_TIMEOUT_MS = 3_000

export function sentinelConfig(options: SentinelOptions): string {
  const { port, listenOn = LOOPBACK, hostName, folder, group, primary, quorum, users, sentinelPassword } = options
  const lines = [
    '# Only this machine can reach it, or who is in a network of its container.',
    `bind ${listenOn}`,
    'protected-mode yes',
    `port ${port}`,
    `dir "${folder.replaceAll(/["\\]/g, '\\$&')}"`,
    '# The process and its log belong to who started it.',
    'daemonize no',
    'logfile ""',
    ...(hostName === undefined ? [] : named(hostName)),
    `# ${quorum} Sentinels must agree that the primary is gone, and a majority of all must agree on who replaces it.`,
    `sentinel monitor ${group} ${primary.host} ${primary.port} ${quorum}`,
    '# Silence of this length, in milliseconds, is an outage: most of what a failover costs.',
    `sentinel down-after-milliseconds ${group} ${DOWN_AFTER_MS}`,
    '# A failover that came to nothing is tried again after twice this.',
    `sentinel failover-timeout ${group} ${FAILOVER_TIMEOUT_MS}`,
    '# Replicas change over to the new primary one after the other, so that the rest can still answer.',
    `sentinel parallel-syncs ${group} 1`,
    '# How it logs in to the servers that it watches.',
    `sentinel auth-user ${group} sentinel`,
    `sentinel auth-pass ${group} ${sentinelPassword}`,
    '# And to the other Sentinels.',
    'sentinel sentinel-user sentinel',
    `sentinel sentinel-pass ${sentinelPassword}`,
    '# Nobody may have it run a program.',
    'sentinel deny-scripts-reconfig yes',
    '# Who may do what.',
    ...users,
  ]
  return `${lines.join('\n')}\n`
}

/** Its address may be another after each start, and those of the servers too. */
function named(hostName: string): string[] {
  return [
    '# It knows the others by their names, and is known by its own.',
    'sentinel resolve-hostnames yes',
    'sentinel announce-hostnames yes',
    `sentinel announce-ip ${hostName}`,
  ]
}
