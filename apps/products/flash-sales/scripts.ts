import type { RedisClient } from '../../platform/redis/client.ts'
import { noteCorruptValue } from '../../platform/redis/corrupt-value.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import { redisScript } from '../../platform/redis/script.ts'
import type { Item } from './gate.ts'
import type { FlashSaleRow } from './queries.ts'

/** A count that nobody sets right any more is not believed for long. */
export const COUNT_LASTS_MS = 10_000

/** The products of which pieces were taken; or one of which there are not enough, and then none were. */
export type Taken = { readonly gone: Gone | undefined; readonly taken: string[] }
type Gone = { readonly productId: string; readonly left: number; readonly doubt: boolean }

export type SaleScripts = ReturnType<typeof saleScripts>

/** What happens to the hashes of sales, each in one step. */
export function saleScripts(redis: RedisClient) {
  const takeOne = redisScript<readonly [answer: 'passed' | 'taken' | 'gone', left: number, doubt: number]>(redis, TAKE)
  const giveBackOne = redisScript<0 | 1>(redis, GIVE_BACK)
  const countOne = redisScript<1 | 2>(redis, COUNT)
  const count = async ({ product_id }: FlashSaleRow, args: readonly (string | number)[]) => {
    const key = KEYS.flashSale(product_id)
    if ((await countOne(key, args)) === 2) noteCorruptValue('state', key)
  }
  const lastsMs = ({ ends_at }: FlashSaleRow) => Math.min(COUNT_LASTS_MS, Math.max(1, ends_at.getTime() - Date.now()))
  /** Forgets the request; where its pieces count, they are for sale again. What cannot be given back now is when MySQL is counted. */
  const giveBack = async (productIds: readonly string[], requestId: string, counts: boolean): Promise<void> => {
    await Promise.allSettled(productIds.map((id) => giveBackOne(KEYS.flashSale(id), [requestId, counts ? 1 : 0])))
  }
  return {
    giveBack,
    /**
     * In a Cluster each sale may be on another server, so the pieces are taken one product at a time, and given back where one is gone.
     * Two who want the same last pieces may then both be refused, and the pieces are there for the next a moment later.
     */
    async take(requestId: string, items: readonly Item[]): Promise<Taken> {
      const answers = await Promise.all(
        items.map(async ({ productId, quantity }) => {
          const [answer, left, doubt] = await takeOne(KEYS.flashSale(productId), [requestId, quantity])
          return { productId, answer, left, doubt: doubt === 1 }
        }),
      )
      const taken = answers.filter(({ answer }) => answer === 'taken').map(({ productId }) => productId)
      const gone = answers.find(({ answer }) => answer === 'gone')
      if (!gone) return { gone, taken }
      await giveBack(taken, requestId, true)
      return { gone, taken: [] }
    },
    open: (sale: FlashSaleRow, stock: number) => count(sale, [stock, lastsMs(sale), 'open']),
    /** A hash that is not there any more was lost, and what is made in its place is in doubt. */
    count: (sale: FlashSaleRow, stock: number, doubtful: boolean) =>
      count(sale, [stock, lastsMs(sale), doubtful ? 'doubt' : 'count']),
  }
}

/** What is in no sale has no hash and is passed over, as is what the request has already. */
const TAKE = `
local left = tonumber(redis.call('HGET', KEYS[1], 'left'))
if not left or redis.call('HGET', KEYS[1], ARGV[1]) then return {'passed', 0, 0} end
if left < tonumber(ARGV[2]) then return {'gone', left, tonumber(redis.call('HGET', KEYS[1], 'doubt') or 0)} end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HINCRBY', KEYS[1], 'left', -ARGV[2])
return {'taken', 0, 0}`

const GIVE_BACK = `
local held = redis.call('HGET', KEYS[1], ARGV[1])
if not held then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
if ARGV[2] == '1' then redis.call('HINCRBY', KEYS[1], 'left', held) end
return 1`

const COUNT = `
local done = 1
if type(redis.pcall('HGET', KEYS[1], 'left')) == 'table' then
  redis.call('DEL', KEYS[1])
  done = 2
end
local lost = redis.call('EXISTS', KEYS[1]) == 0 and ARGV[3] ~= 'open'
redis.call('HSET', KEYS[1], 'left', ARGV[1])
if lost or ARGV[3] == 'doubt' then redis.call('HSET', KEYS[1], 'doubt', 1) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return done`
