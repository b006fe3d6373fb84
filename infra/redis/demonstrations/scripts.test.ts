import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { test } from './test-redis.ts'

/** Of its own for each test, as the server knows scripts across all databases. */
function scriptOf(name: string) {
  const text = `return redis.call('INCR', KEYS[1]) -- ${name}`
  return { text, hash: createHash('sha1').update(text).digest('hex') }
}

/** Sends twenty bytes instead of the text, and the text to a server that does not know it. */
async function run(redis: Redis, { text, hash }: ReturnType<typeof scriptOf>, key: string): Promise<unknown> {
  return redis.evalsha(hash, 1, key).catch((error) => {
    if (!error.message.startsWith('NOSCRIPT')) throw error
    return redis.eval(text, 1, key)
  })
}

describe('a script by its hash, EVALSHA (R14)', () => {
  test('a server that has not seen the text refuses it', async ({ redis }) => {
    await expect(redis.evalsha(scriptOf('refused').hash, 1, 'count')).rejects.toThrow('NOSCRIPT')
  })

  test('it forgets it with a restart, or a failover to another one, just when nobody looks', async ({ redis }) => {
    const script = scriptOf('forgotten')
    await redis.script('LOAD', script.text)
    expect(await redis.evalsha(script.hash, 1, 'count')).toBe(1)
    await redis.script('FLUSH')
    await expect(redis.evalsha(script.hash, 1, 'count')).rejects.toThrow('NOSCRIPT')
  })

  test('so who is refused sends the text, and is understood from then on', async ({ redis }) => {
    const script = scriptOf('fallback')
    expect(await run(redis, script, 'count')).toBe(1)
    expect(await redis.evalsha(script.hash, 1, 'count')).toBe(2)
  })
})
