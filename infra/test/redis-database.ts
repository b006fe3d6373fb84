import { Redis } from 'ioredis'
import { connectState, type RedisClient } from '../../apps/shop/redis.ts'
import { parseRedisUrl } from '../../apps/shop/redis-address.ts'
import { emptyDatabase } from '../redis/test-server.ts'

/** A database of a test's own on the run's Redis: the shop's client, and one that may do everything. */
export type RedisDatabase = {
  readonly url: string
  readonly shop: RedisClient
  readonly lab: Redis
  /** Another app's. */
  connect(): Promise<RedisClient>
  close(): void
}

export async function redisDatabase(serverUrl: string): Promise<RedisDatabase> {
  const url = await emptyDatabase(serverUrl)
  const lab = new Redis(url.replace('//shop:', '//lab:'))
  const clients: RedisClient[] = []
  const connect = async () => {
    const client = connectState(parseRedisUrl('the test Redis', url), () => {})
    clients.push(client)
    if (client.status !== 'ready') await new Promise((resolve) => client.once('ready', resolve))
    return client
  }
  const close = () => {
    lab.disconnect()
    for (const client of clients) client.close()
  }
  return { url, shop: await connect(), lab, connect, close }
}

/** Redis has no clock that a test could turn: so much of every key's life is taken away instead. */
export async function passTime({ lab }: Pick<RedisDatabase, 'lab'>, milliseconds: number): Promise<void> {
  for (const key of await lab.keys('*')) {
    const left = await lab.pttl(key)
    if (left < 0) throw new Error(`${key} would live for ever`)
    await lab.pexpire(key, left - milliseconds)
  }
}
