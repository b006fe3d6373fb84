import type { Redis } from 'ioredis'
import { KEYS } from '../../platform/redis/keys.ts'
import { noteNonsense } from '../../platform/redis/nonsense.ts'
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
export function saleScripts(redis: Redis) {
  const take = redisScript<readonly [gone: number, left: number, doubt: 0 | 1, ...taken: number[]]>(redis, 'takePieces', TAKE)
  const giveBack = redisScript<0 | 1>(redis, 'giveBackPieces', GIVE_BACK)
  const countOne = redisScript<1 | 2>(redis, 'countPieces', COUNT)
  const count = async ({ product_id }: FlashSaleRow, args: readonly (string | number)[]) => {
    const key = KEYS.flashSale(product_id)
    if ((await countOne([key], args)) === 2) noteNonsense('state', key)
  }
  const lastsMs = ({ ends_at }: FlashSaleRow) => Math.min(COUNT_LASTS_MS, Math.max(1, ends_at.getTime() - Date.now()))
  return {
    async take(requestId: string, items: readonly Item[]): Promise<Taken> {
      const keys = items.map(({ productId }) => KEYS.flashSale(productId))
      const [goneAt, left, doubt, ...takenAt] = await take(keys, [requestId, ...items.map(({ quantity }) => quantity)])
      // Lua counts from one.
      const productAt = (at: number) => items[at - 1]?.productId ?? ''
      const gone = goneAt === 0 ? undefined : { productId: productAt(goneAt), left, doubt: doubt === 1 }
      return { gone, taken: takenAt.map(productAt) }
    },
    /** Forgets the request; where its pieces count, they are for sale again. */
    giveBack: (productId: string, requestId: string, counts: boolean) =>
      giveBack([KEYS.flashSale(productId)], [requestId, counts ? 1 : 0]),
    open: (sale: FlashSaleRow, stock: number) => count(sale, [stock, lastsMs(sale), 'open']),
    /** A hash that is not there any more was lost, and what is made in its place is in doubt. */
    count: (sale: FlashSaleRow, stock: number, doubtful: boolean) =>
      count(sale, [stock, lastsMs(sale), doubtful ? 'doubt' : 'count']),
  }
}

/** What is in no sale has no hash and is passed over, as is what the request has already. */
const TAKE = `
local taken = {}
for at = 1, #KEYS do
  local left = tonumber(redis.call('HGET', KEYS[at], 'left'))
  if left and not redis.call('HGET', KEYS[at], ARGV[1]) then
    if left < tonumber(ARGV[at + 1]) then return {at, left, tonumber(redis.call('HGET', KEYS[at], 'doubt') or 0)} end
    table.insert(taken, at)
  end
end
for _, at in ipairs(taken) do
  redis.call('HSET', KEYS[at], ARGV[1], ARGV[at + 1])
  redis.call('HINCRBY', KEYS[at], 'left', -ARGV[at + 1])
end
return {0, 0, 0, unpack(taken)}`

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
