import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type PlainRedis, startPlainRedis } from './plain-redis.ts'

const PASSWORD = 'correct horse battery staple'
const HASH = createHash('sha256').update(PASSWORD).digest('hex')

let server: PlainRedis
let admin: Redis
beforeAll(async () => {
  server = await startPlainRedis('save ""')
  admin = server.connect()
  return server.stop
})
beforeEach(async () => {
  await admin.call('ACL', 'DELUSER', 'shop')
})

function logIn(redis: Redis, password: string): Promise<boolean> {
  return redis.call('AUTH', 'shop', password).then(
    () => true,
    () => false,
  )
}

describe('a user in the configuration (R16)', () => {
  test('> takes a password: with a hash after it, the hash is the password, for all who can read the file', async () => {
    await admin.call('ACL', 'SETUSER', 'shop', 'on', `>${HASH}`, '~*', '+@all')
    const client = server.connect()
    expect(await logIn(client, PASSWORD)).toBe(false)
    expect(await logIn(client, HASH)).toBe(true)
  })

  test('# takes its SHA-256, which opens nothing', async () => {
    await admin.call('ACL', 'SETUSER', 'shop', 'on', `#${HASH}`, '~cache:*', '+get')
    const client = server.connect()
    expect(await logIn(client, HASH)).toBe(false)
    expect(await logIn(client, PASSWORD)).toBe(true)
  })

  test('~* +@all is not the least that a shop needs: one mistake empties everything', async () => {
    await admin.call('ACL', 'SETUSER', 'shop', 'on', `#${HASH}`, '~*', '+@all')
    await admin.set('state:session:1', 'usr_1')
    const client = server.connect()
    await logIn(client, PASSWORD)
    expect(await client.flushall()).toBe('OK')
  })

  test('its own keys and the commands that it sends: the same mistake is refused', async () => {
    await admin.call('ACL', 'SETUSER', 'shop', 'on', `#${HASH}`, '~cache:*', '+get', '+set')
    await admin.set('state:session:1', 'usr_1')
    const client = server.connect()
    await logIn(client, PASSWORD)
    expect(await client.set('cache:product:1', 'page')).toBe('OK')
    await expect(client.flushall()).rejects.toThrow('NOPERM')
    await expect(client.get('state:session:1')).rejects.toThrow('NOPERM')
  })
})
