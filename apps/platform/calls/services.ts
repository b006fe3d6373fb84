import type { ServiceAddress } from '../../../infra/stage/app-document.ts'
import { type Guards, guarded } from './guarded.ts'
import { type Signer, signer } from './identity.ts'
import { retriedNaively } from './naive-retries.ts'
import { rememberingSigner } from './remembered-tokens.ts'
import type { RemotePlace } from './remote.ts'
import { connectService } from './service.ts'
import { traced } from './traced.ts'

/** A service that has several modules is one. */
export function connectServices<Name extends string>(
  from: string,
  addresses: Readonly<Partial<Record<Name, ServiceAddress>>>,
  guards: Guards,
): Readonly<Partial<Record<Name, ConnectedService>>> {
  const opened = new Map<string, ConnectedService>()
  const open = (address: ServiceAddress) => {
    const service = opened.get(address.name) ?? connect(from, address, guards)
    opened.set(address.name, service)
    return service
  }
  const services = Object.entries<ServiceAddress | undefined>(addresses).flatMap(([module, address]) =>
    address ? [[module, open(address)]] : [],
  )
  return Object.fromEntries(services)
}

/** To ask it by ourselves, or for a visitor. */
export type ConnectedService = RemotePlace & { readonly name: string; readonly signVisit: Signer }

export async function closeServices(services: Readonly<Record<string, ConnectedService | undefined>>): Promise<void> {
  const all = new Set(Object.values(services).flatMap((one) => one?.service ?? []))
  await Promise.all([...all].map((service) => service.close()))
}

function connect(from: string, { name, secret, copies }: ServiceAddress, guards: Guards): ConnectedService {
  const arrow = { from, to: name, secret }
  const patience = { patienceMs: guards.edgePatienceMs, givesUpSilent: guards.giveUpSilent === 'on' }
  const service = guarded(name, connectService(name, copies, patience), guards)
  return {
    name,
    service: traced(name, guards.retries === 'naive' ? retriedNaively(service) : service),
    sign: rememberingSigner(signer({ ...arrow, purpose: 'calls' })),
    signVisit: rememberingSigner(signer({ ...arrow, purpose: 'visits' })),
  }
}
