/** What an app is told of the stage that it is part of: its piece of the plan, with addresses and passwords in place of names. */
import Type, { type Static } from 'typebox'
import { BUCKETS } from './topology.ts'

export const strict = { additionalProperties: false }
export const Name = Type.String({ minLength: 1 })
export const Port = Type.Integer({ minimum: 1, maximum: 65_535 })
const HttpUrl = Type.String({ pattern: '^http://[^/ ]+$' })

export const DatabaseAddress = Type.Object(
  {
    name: Name,
    host: Name,
    port: Port,
    user: Name,
    password: Type.String(),
    database: Name,
    /** Of which shard it is one of several servers. */
    shard: Type.Optional(Name),
  },
  strict,
)
/** Where a database is and what reports call it. */
export type DatabaseAddress = Static<typeof DatabaseAddress>

export const StoreConfig = Type.Object(
  {
    /** The only one takes the writes; of several the keeper says which does, of each shard too, or each has some of the buckets. */
    servers: Type.Array(DatabaseAddress, { minItems: 1 }),
    /** Who says which server takes the writes; absent where that never changes. */
    keeperUrl: Type.Optional(HttpUrl),
    /** So many buckets are spread over the servers. */
    buckets: Type.Optional(Type.Literal(BUCKETS)),
  },
  strict,
)
export type StoreConfig = Static<typeof StoreConfig>

export const RedisAddress = Type.Object(
  {
    /** What reports call it, and the name by which Sentinels know the group. */
    name: Name,
    user: Name,
    password: Type.String(),
    hosts: Type.Array(Type.Object({ name: Type.Optional(Name), host: Name, port: Port }, strict), { minItems: 1 }),
    /** What `hosts` are: the one server, Sentinels that know it, or nodes of a Cluster. User and password are good for all of them. */
    reach: Type.Union([Type.Literal('server'), Type.Literal('sentinels'), Type.Literal('cluster')]),
    database: Type.Integer({ minimum: 0 }),
  },
  strict,
)
/** Where a Redis is: one server, the Sentinels that know which server of a group takes the writes, or a Cluster. */
export type RedisAddress = Static<typeof RedisAddress>

export const ModuleName = Type.Union([
  Type.Literal('users'),
  Type.Literal('products'),
  Type.Literal('orders'),
  Type.Literal('payments'),
])

const Stores = Type.Record(Name, StoreConfig)
const Data = Type.Object({ users: Name, products: Name, orders: Name, payments: Name }, strict)
/** All stores by name, and the name of each module's: for what concerns nothing else. */
export const StoresDocument = Type.Object(
  {
    stores: Stores,
    data: Data,
    /** What is in a store besides the rows of modules. */
    besides: Type.Optional(Type.Record(Name, Type.Union([Type.Literal('outbox'), Type.Literal('consumers')]))),
  },
  strict,
)
export type StoresDocument = Static<typeof StoresDocument>

export const Copies = Type.Array(Type.Object({ name: Name, url: HttpUrl }, strict), { minItems: 1 })

/** One arrow of the page, as its beginning sees it: a service, its copies, and what proves to them who asks. */
export const ServiceAddress = Type.Object(
  {
    name: Name,
    secret: Name,
    copies: Copies,
  },
  strict,
)
export type ServiceAddress = Static<typeof ServiceAddress>

/** And as its end does. `passesOn`: visitors come through it, and it says who they are. */
const Caller = Type.Object({ name: Name, secret: Name, passesOn: Type.Optional(Type.Literal(true)) }, strict)

export const AppDocument = Type.Object(
  {
    name: Name,
    /** What its copies are called together. */
    service: Name,
    host: Type.Optional(Name),
    port: Port,
    /** Those that run in this process; the others that it needs are asked over HTTP. */
    modules: Type.Array(ModuleName, { minItems: 1 }),
    /** Where the modules are that do not run here. */
    remote: Type.Optional(Type.Partial(Type.Record(ModuleName, ServiceAddress))),
    /** File with the copies that they have now. */
    copiesFile: Type.Optional(Name),
    /** Other processes that may ask this one; where there are none it has no routes for them. */
    callers: Type.Optional(Type.Array(Caller, { minItems: 1 })),
    /** Of the modules that run here. */
    stores: Stores,
    data: Type.Partial(Data),
    cache: Type.Optional(RedisAddress),
    state: Type.Optional(RedisAddress),
    /** Where it sends what it has in an outbox; where there is none, nobody is told. */
    events: Type.Optional(RedisAddress),
    /** Work is what no request waits for: a worker does it for all copies, and answers no request; without one each copy does both. */
    duty: Type.Union([Type.Literal('requests and work'), Type.Literal('requests'), Type.Literal('work')]),
    bankUrl: Type.Optional(HttpUrl),
    /** Set where a load balancer stands in front: what it sends with each request, so that its word about the client is taken and nobody else's. */
    proxyKey: Type.Optional(Name),
    /** File with the running stage's plan, answered at `GET /topology`. */
    topologyFile: Type.Optional(Type.String()),
    /** Where its spans are written, where the setting `tracing` is on. */
    spansFile: Type.Optional(Name),
    /** Stands for a mail server: what would be mailed becomes a line of it. */
    outboxFile: Type.Optional(Name),
    /** With which verification codes are made unreadable; the same in all copies of the app. */
    codeKey: Type.Optional(Name),
    /** All of a running stage's, each checked as if it came from `--set`. */
    settings: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
  },
  strict,
)
export type AppDocument = Static<typeof AppDocument>
