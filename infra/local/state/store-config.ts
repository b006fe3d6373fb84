import type { StoreConfig } from '../../stage/app-document.ts'
import type { Plan } from '../../stage/plan.ts'
import type { StoreAddress } from '../../stage/store-addresses.ts'
import { databaseAddress, httpUrlOf } from './database-url.ts'
import type { Secrets } from './secrets.ts'

/** How a process finds a store; `host` is where it looks for the servers. */
export function storeConfig(
  { servers, failover, buckets }: StoreAddress,
  plan: Plan,
  secrets: Secrets,
  host?: string,
): StoreConfig {
  return {
    servers: servers.map((server) => databaseAddress(plan, server, secrets, host)),
    ...(failover && { keeperUrl: httpUrlOf(plan, failover) }),
    ...(buckets && { buckets }),
  }
}
