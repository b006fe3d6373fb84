/** What a gateway is told of the stage that it is part of. */
import Type, { type Static } from 'typebox'
import { ModuleName, Name, Port, RedisAddress, ServiceAddress, strict } from './app-document.ts'

export const GatewayDocument = Type.Object(
  {
    name: Name,
    /** What its copies are called together. */
    service: Name,
    /** Listens here; on loopback where nothing is said. */
    host: Type.Optional(Name),
    port: Port,
    /** Who answers for each module; a service with several is named for each. */
    services: Type.Partial(Type.Record(ModuleName, ServiceAddress)),
    /** File with the copies that they have now. */
    copiesFile: Type.Optional(Name),
    /** Where the sessions are. */
    state: RedisAddress,
    /** Set where a load balancer stands in front. */
    proxyKey: Type.Optional(Name),
    topologyFile: Type.Optional(Type.String()),
    /** Where its spans are written, where the setting `tracing` is on. */
    spansFile: Type.Optional(Name),
    settings: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
  },
  strict,
)
export type GatewayDocument = Static<typeof GatewayDocument>
