/** The shop's own programs: apps, the services among them, their workers, and the gateway in front of services. */
import { type Common, copiesOf, type Ports, placeOf, programNamesOf } from './placement.ts'
import { type RedisAddress, redisAddress } from './redis-programs.ts'
import { boxesOfStore, type StoreAddress, type StoreAddresses, storeAddress, storesOf } from './store-addresses.ts'
import type { App, Box, Consumers, Gateway, Module } from './topology.ts'

/** A worker has the same modules as its apps, but answers about its health alone, and no shopper. */
export type AppProgram = Common & {
  readonly kind: 'app' | 'worker'
  /** What its copies are called together. */
  readonly service: string
  readonly modules: readonly Module[]
  readonly data: StoreAddresses
  /** Who is asked for the modules that do not run in it. */
  readonly remote: ServicesOfModules
  readonly callers: readonly Caller[]
  readonly cache?: RedisAddress
  readonly state?: RedisAddress
  /** Where it writes an outbox for. */
  readonly events?: RedisAddress
  readonly bank?: string
  /** True where a load balancer stands in front: its word about the client's address is taken, and shutdown waits for its checks. */
  readonly behindProxy: boolean
  /** True where it leaves what no request waits for to a worker. */
  readonly hasWorker: boolean
  /** Whose program it is; of the checkout that runs the stage, where there is none. */
  readonly build?: Build
}

/** Another checkout, and what it is called: a short commit, or its folder. */
export type Build = { readonly folder: string; readonly name: string }
/** By names of programs. */
export type Builds = Readonly<Record<string, Build>>

export type GatewayProgram = Common & {
  readonly kind: 'gateway'
  readonly service: string
  readonly to: ServicesOfModules
  readonly state: RedisAddress
  readonly behindProxy: boolean
}

export type ConsumersProgram = Common & {
  readonly kind: 'consumers'
  readonly service: string
  readonly data: StoreAddress
  readonly events: RedisAddress
  readonly state: RedisAddress
  readonly remote: ServicesOfModules
}

/** Names of programs. */
type ServiceCopies = { readonly service: string; readonly copies: readonly string[] }
export type ServicesOfModules = Readonly<Partial<Record<Module, ServiceCopies>>>

/** Who has an arrow to a service; visitors come through one that passes on. */
type Caller = { readonly name: string; readonly passesOn: boolean }
export type Callers = ReadonlyMap<App, readonly Caller[]>

export function callersIn(boxes: readonly Box[]): Callers {
  const arrows = boxes.flatMap((box) => {
    if (box.kind === 'gateway') return box.to.map((to) => ({ to, caller: { name: box.name, passesOn: true } }))
    return box.kind === 'app' || box.kind === 'consumers'
      ? box.calls.map((to) => ({ to, caller: { name: box.name, passesOn: false } }))
      : []
  })
  const byService = Map.groupBy(arrows, ({ to }) => to)
  return new Map([...byService].map(([to, found]) => [to, found.map(({ caller }) => caller)]))
}

type Around = { readonly behindProxy: boolean; readonly callers: Callers }

export function appPrograms(box: App, ports: Ports, { behindProxy, callers }: Around): AppProgram[] {
  const { data, cache, state, events, bank, calls, worker, modules } = box
  const stores = Object.values(data).flatMap(boxesOfStore)
  const needs = [...stores, cache, state, events, bank, ...calls].filter((other) => other !== undefined)
  const after = [...new Set(needs.flatMap(programNamesOf))]
  const uses = {
    data: storesOf(data),
    remote: servicesOf(calls),
    ...(cache && { cache: redisAddress(cache) }),
    ...(state && { state: redisAddress(state) }),
    ...(events && { events: redisAddress(events) }),
    ...(bank && { bank: bank.name }),
  }
  const own = { service: box.name, modules, callers: callers.get(box) ?? [], behindProxy, hasWorker: worker !== undefined }
  const part = { kind: box.kind, after, ...uses, ...own }
  const copies = copiesOf(box).map((copy) => ({ ...placeOf(copy, ports), ...part }))
  if (!worker) return copies
  const working = { ...part, kind: 'worker', behindProxy: false, hasWorker: false } as const
  return [...copies, { ...placeOf({ name: worker.name, host: worker }, ports), ...working }]
}

export function consumersPrograms(box: Consumers, ports: Ports): ConsumersProgram[] {
  const { kind, name: service, data, events, state, calls } = box
  const after = [...new Set([data, events, state, ...calls].flatMap(programNamesOf))]
  const uses = { data: storeAddress(data), events: redisAddress(events), state: redisAddress(state), remote: servicesOf(calls) }
  return copiesOf(box).map((copy) => ({ ...placeOf(copy, ports), kind, service, after, ...uses }))
}

export function gatewayPrograms(box: Gateway, ports: Ports, { behindProxy }: Pick<Around, 'behindProxy'>): GatewayProgram[] {
  const { kind, name: service, to, state } = box
  const after = [...new Set([...to, state].flatMap(programNamesOf))]
  const part = { kind, service, after, to: servicesOf(to), state: redisAddress(state), behindProxy }
  return copiesOf(box).map((copy) => ({ ...placeOf(copy, ports), ...part }))
}

function servicesOf(apps: readonly App[]): ServicesOfModules {
  const found = apps.flatMap((app) => {
    const service = { service: app.name, copies: copiesOf(app).map(({ name }) => name) }
    return app.modules.map((module) => [module, service] as const)
  })
  return Object.fromEntries(found)
}
