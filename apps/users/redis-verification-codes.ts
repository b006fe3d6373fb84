import type { RedisClient } from '../platform/redis/client.ts'
import { noteCorruptValue } from '../platform/redis/corrupt-value.ts'
import { KEYS } from '../platform/redis/keys.ts'
import { redisScript } from '../platform/redis/script.ts'
import { accountOf, CODE_LASTS_MS, ISSUE_EVERY_MS, MOST_ATTEMPTS, type VerificationCodes } from './verification-codes.ts'

/** Redis forgets by itself what is over (I14). A code that is lost is asked for again. */
export function redisVerificationCodes(state: RedisClient): VerificationCodes {
  const issue = redisScript<Done>(state, ISSUE)
  const redeem = redisScript<Done>(state, REDEEM)
  const keyOf = (email: string) => KEYS.verificationCode(accountOf(email).toString('base64url'))
  return {
    async issue(email, digest) {
      const args = [digest.toString('base64url'), MOST_ATTEMPTS, CODE_LASTS_MS, CODE_LASTS_MS - ISSUE_EVERY_MS]
      const key = keyOf(email)
      return isDone(key, await issue(key, args))
    },
    async redeem(email, digest) {
      const key = keyOf(email)
      return isDone(key, await redeem(key, [digest.toString('base64url')]))
    },
  }
}

type Done = readonly [done: 0 | 1, replaced?: 1]

function isDone(key: string, [done, replaced]: Done): boolean {
  if (replaced) noteCorruptValue('state', key)
  return done === 1
}

/** What holds no code is deleted. */
const REPLACE = `
local replaced
if type(redis.pcall('HGET', KEYS[1], 'left')) == 'table' then
  redis.call('DEL', KEYS[1])
  replaced = 1
end`

/** How old a code is shows in how long it has still to go. */
const ISSUE = `${REPLACE}
if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[4]) then return {0} end
redis.call('HSET', KEYS[1], 'digest', ARGV[1], 'left', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {1, replaced}`

/** A code that was used leaves its key behind: the next one may not come any sooner for it. */
const REDEEM = `${REPLACE}
local digest = redis.call('HGET', KEYS[1], 'digest')
local left = tonumber(redis.call('HGET', KEYS[1], 'left'))
if not digest or not left or left < 1 then return {0, replaced} end
redis.call('HINCRBY', KEYS[1], 'left', -1)
if digest ~= ARGV[1] then return {0} end
redis.call('HDEL', KEYS[1], 'digest')
return {1}`
