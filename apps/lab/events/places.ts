import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { EventRedis } from '../../platform/events/stream.ts'
import type { Database } from '../../platform/mysql/database.ts'
import { CommandError } from '../runner/command.ts'
import { withDatabase } from '../runner/database.ts'
import { ask, primariesAmong, redisOf } from '../runner/redis-servers.ts'
import { selectHasTable } from './queries.ts'

/** Where the events of a running stage are, past its services. */
export type EventPlaces = {
  readonly redis: Pick<EventRedis, 'ask'>
  /** Of the service whose events they are. */
  readonly outbox: Database
  /** Of the consumers: what they have done, and what they could not do. */
  readonly inbox: Database
}

const TIMEOUT_MS = 60_000

/** Throws one line where the stage has no events. */
export async function withEvents<Value>(stage: StageState, work: (places: EventPlaces) => Promise<Value>): Promise<Value> {
  const [server] = await primariesAmong(stage, redisOf(stage, 'events'))
  const [outboxUrl, inboxUrl] = [await urlWith(stage, 'outbox'), await urlWith(stage, 'inbox')]
  if (!server || !outboxUrl || !inboxUrl) throw new CommandError(`stage ${stage.name} has no events, or their servers are away`)
  return withDatabase(outboxUrl, (outbox) =>
    withDatabase(inboxUrl, (inbox) =>
      ask(
        stage,
        server,
        (redis) => work({ redis: { ask: (name, args) => redis.call(name, ...args) as never }, outbox, inbox }),
        TIMEOUT_MS,
      ),
    ),
  )
}

/** The first database that has such a table. */
export async function urlWith({ databases }: StageState, table: string): Promise<string | undefined> {
  for (const { url } of databases) if (await withDatabase(url, (db) => selectHasTable(db, table)).catch(() => false)) return url
  return undefined
}
