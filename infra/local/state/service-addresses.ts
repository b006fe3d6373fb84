import type { ServiceAddress } from '../../stage/app-document.ts'
import type { ServicesOfModules } from '../../stage/app-programs.ts'
import type { Plan } from '../../stage/plan.ts'
import type { Module } from '../../stage/topology.ts'
import { httpUrlOf } from './database-url.ts'
import { arrowSecret, type Secrets } from './secrets.ts'

/** How `from` finds the services that it has arrows to, and how they know it. */
export function serviceAddresses(
  from: string,
  services: ServicesOfModules,
  plan: Plan,
  secrets: Secrets,
): Partial<Record<Module, ServiceAddress>> {
  const found = Object.entries(services).map(([module, { service, copies }]) => {
    const places = copies.map((name) => ({ name, url: httpUrlOf(plan, name) }))
    return [module, { name: service, secret: arrowSecret(secrets, from, service), copies: places }] as const
  })
  return Object.fromEntries(found)
}
