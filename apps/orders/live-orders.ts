import type { RedisAddress } from '../../infra/stage/app-document.ts'
import { type Live, liveEvents } from '../platform/events/live.ts'
import { KEYS } from '../platform/redis/keys.ts'
import { connectEvents, connectSubscriber } from '../platform/redis/redis.ts'

/** Whatever happens to orders, as it comes; undefined where nobody tells. */
export function connectLive({ events }: { readonly events?: RedisAddress }): Live | undefined {
  if (!events) return undefined
  const redis = connectEvents(events)
  const live = liveEvents(redis, connectSubscriber(events), KEYS.orderEvents(''))
  return {
    ...live,
    close() {
      live.close()
      redis.close()
    },
  }
}
