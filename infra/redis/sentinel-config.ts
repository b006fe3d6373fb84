/** The configuration of a Sentinel, each line with its why. Sentinel rewrites the file as it learns and decides. */

export type SentinelOptions = {
  readonly port: number
  readonly folder: string
  /** The name by which apps ask for the primary. */
  readonly group: string
  readonly primaryPort: number
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
  const { port, folder, group, primaryPort, quorum, users, sentinelPassword } = options
  const lines = [
    '# Only this machine can reach it.',
    'bind 127.0.0.1',
    'protected-mode yes',
    `port ${port}`,
    `dir "${folder.replaceAll(/["\\]/g, '\\$&')}"`,
    '# The process and its log belong to who started it.',
    'daemonize no',
    'logfile ""',
    `# ${quorum} Sentinels must agree that the primary is gone, and a majority of all must agree on who replaces it.`,
    `sentinel monitor ${group} 127.0.0.1 ${primaryPort} ${quorum}`,
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
