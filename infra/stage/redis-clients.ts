/** Who has an arrow to a Redis, and what of the shop runs there: by that a Redis knows them apart, and what each may do follows. */
import type { Plan } from './plan.ts'
import type { RedisAddress } from './redis-programs.ts'
import type { Module } from './topology.ts'

/** What works with keys of its own. */
export type ShopPart = Module | 'gateway' | 'consumers'
/** Copies, and the worker that they have, are one. */
export type RedisClient = { readonly service: string; readonly parts: readonly ShopPart[] }

export function clientsOf({ programs }: Pick<Plan, 'programs'>, group: string): RedisClient[] {
  const clients = programs.flatMap((program) => {
    switch (program.kind) {
      case 'app':
      case 'worker':
        return clientWith([program.cache, program.state, program.events], group, program.service, program.modules)
      case 'gateway':
        return clientWith([program.state], group, program.service, ['gateway'])
      case 'consumers':
        return clientWith([program.state, program.events], group, program.service, ['consumers'])
      default:
        return []
    }
  })
  return [...new Map(clients.map((client) => [client.service, client])).values()]
}

function clientWith(
  arrows: readonly (RedisAddress | undefined)[],
  group: string,
  service: string,
  parts: readonly ShopPart[],
): RedisClient[] {
  return arrows.some((arrow) => arrow?.group === group) ? [{ service, parts }] : []
}
