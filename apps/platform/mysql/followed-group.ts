import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { logLine } from '../process/log.ts'
import { repeated } from '../process/repeated.ts'
import { databaseOn } from './database.ts'
import { type DatabaseGroup, databaseGroup } from './group.ts'
import type { PoolOptions } from './pool.ts'
import { followRoles } from './roles.ts'
import { routedPool } from './routed-pool.ts'
import { findWritable } from './writable.ts'

export type GroupAddress = {
  readonly servers: readonly DatabaseAddress[]
  readonly keeperUrl: string
  /** Its name, where the keeper watches over several groups. */
  readonly of?: string
}

/** Without the keeper's word by then the servers are asked themselves, again and again, until it has spoken. */
const FIRST_ROLES_MS = 3_000
const ASK_EVERY_MS = 1_000

export type FollowedGroup = {
  readonly group: DatabaseGroup
  /** Milliseconds since the keeper's last answer. */
  silenceMs(): number
  /** Returns when somebody has said who is who, or nobody has in time. */
  heard(): Promise<void>
  close(): Promise<void>
}

/** A group whose roles are as its keeper says. `onRoles` is called when they have changed. */
export function followedGroup(
  { servers, keeperUrl, of }: GroupAddress,
  options: PoolOptions,
  onRoles: () => void = () => undefined,
): FollowedGroup {
  const group = databaseGroup(servers, options)
  const candidates = group.hosts.map((host) => ({ name: host.name, itself: databaseOn(routedPool(() => [host])) }))
  const asking = repeated('asking who takes the writes', ASK_EVERY_MS, async () => group.believe(await findWritable(candidates)))
  const keeper = followRoles(
    keeperUrl,
    (roles) => {
      void asking.stop()
      if (group.apply(roles)) onRoles()
    },
    of,
  )
  return {
    group,
    silenceMs: keeper.silenceMs,
    async heard() {
      // Where it was closed meanwhile nobody wants to know.
      if (await keeper.heard(FIRST_ROLES_MS).catch(() => true)) return
      logLine(40, 'no word from the keeper yet: the databases are asked themselves who takes the writes')
      asking.start()
    },
    async close() {
      await Promise.all([keeper.stop(), asking.stop()])
      group.drop()
    },
  }
}
