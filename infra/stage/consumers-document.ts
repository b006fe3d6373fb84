/** What consumers of events are told of the stage that they are part of. */
import Type, { type Static } from 'typebox'
import { ModuleName, Name, Port, RedisAddress, ServiceAddress, StoreConfig, strict } from './app-document.ts'

export const ConsumersDocument = Type.Object(
  {
    name: Name,
    /** What its copies are called together. */
    service: Name,
    /** Listens here, for who asks how it is; on loopback where nothing is said. */
    host: Type.Optional(Name),
    port: Port,
    /** Where they write down what they have done. */
    store: StoreConfig,
    events: RedisAddress,
    /** Where they show what was sold most. */
    state: RedisAddress,
    /** Who knows the address that a mail is for. */
    services: Type.Partial(Type.Record(ModuleName, ServiceAddress)),
    /** In which it is told of copies that come and go. */
    copiesFile: Type.Optional(Name),
    mailFolder: Name,
    topologyFile: Type.Optional(Type.String()),
    /** Where its spans are written, where the setting `tracing` is on. */
    spansFile: Type.Optional(Name),
    settings: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
  },
  strict,
)
export type ConsumersDocument = Static<typeof ConsumersDocument>
