import { Buffer } from 'node:buffer'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { numberIn, startPlainRedis } from './plain-redis.ts'

const PROFILES = 10_000
const SHORT = { name: 'Ada Allen', email: 'ada@example.com', age: '29' }
const WIDE = { ...SHORT, ...Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`field${index}`, 'x'.repeat(40)])) }
const LONG = { ...SHORT, about: 'x'.repeat(400) }
type Profile = Readonly<Record<string, string>>

let redis: Redis
beforeAll(async () => {
  const server = await startPlainRedis('save ""')
  redis = server.connect()
  return server.stop
})
beforeEach(() => redis.flushall())

type Form = {
  write(id: number, profile: Profile): Promise<unknown>
  /** Sets the age. */
  change(id: number): Promise<unknown>
  keys(id: number, profile: Profile): string[]
}

const FORMS = {
  json: {
    write: (id, profile) => redis.set(`user:${id}`, JSON.stringify(profile)),
    change: async (id) => {
      const profile = JSON.parse((await redis.get(`user:${id}`)) ?? '')
      await redis.set(`user:${id}`, JSON.stringify({ ...profile, age: '30' }))
    },
    keys: (id) => [`user:${id}`],
  },
  hash: {
    write: (id, profile) => redis.hset(`user:${id}`, profile),
    change: (id) => redis.hset(`user:${id}`, 'age', '30'),
    keys: (id) => [`user:${id}`],
  },
  'key a field': {
    write: (id, profile) =>
      redis.mset(Object.fromEntries(Object.entries(profile).map(([name, value]) => [`user:${id}:${name}`, value]))),
    change: (id) => redis.set(`user:${id}:age`, '30'),
    keys: (id, profile) => Object.keys(profile).map((name) => `user:${id}:${name}`),
  },
} satisfies Record<string, Form>

/** Bytes of a profile: in memory, and over the network, there and back, to change one field of it. */
type Cost = { readonly memory: number; readonly change: number }

const costs = new Map<string, Cost>()
async function costOf(form: keyof typeof FORMS, profile: Profile, name: string): Promise<Cost> {
  const { write, change, keys }: Form = FORMS[form]
  await eachProfile((id) => write(id, profile))
  const used = await eachProfile((id) => Promise.all(keys(id, profile).map((key) => redis.memory('USAGE', key, 'SAMPLES', 0))))
  const before = await networkBytes()
  await eachProfile(change)
  const cost = {
    memory: used.flat().reduce<number>((sum, bytes) => sum + Number(bytes), 0) / PROFILES,
    change: ((await networkBytes()) - before) / PROFILES,
  }
  costs.set(`${name} (${Buffer.byteLength(JSON.stringify(profile))} B of JSON), ${form}`, cost)
  await redis.flushall()
  return cost
}

async function eachProfile<Answer>(work: (id: number) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let at = 0; at < PROFILES; at += 500) {
    answers.push(...(await Promise.all(Array.from({ length: 500 }, (_, index) => work(10_000 + at + index)))))
  }
  return answers
}

async function networkBytes(): Promise<number> {
  const info = await redis.info('stats')
  return numberIn(info, 'total_net_input_bytes') + numberIn(info, 'total_net_output_bytes')
}

afterAll(() => {
  const rows = [...costs].map(([name, { memory, change }]) => `${name}: ${memory.toFixed(0)} B, ${change.toFixed(0)} B a change`)
  console.log([`${PROFILES} profiles, bytes of each`, ...rows].join('\n'))
})

describe('ten thousand profiles as hashes, as JSON, and as a key for each field (B17)', () => {
  test.each([
    ['three short fields', SHORT],
    ['twelve fields', WIDE],
  ])('%s: a hash takes fewer bytes to change than JSON, and fewer to keep than a key for each field', async (name, profile) => {
    const json = await costOf('json', profile, name)
    const hash = await costOf('hash', profile, name)
    const keys = await costOf('key a field', profile, name)
    expect(hash.change).toBeLessThan(json.change / 2)
    expect(hash.memory).toBeLessThan(keys.memory / 2)
  })

  test('one value of more than 64 bytes, and a hash is packed no more: it takes more memory than JSON', async () => {
    const json = await costOf('json', LONG, 'one long field')
    const hash = await costOf('hash', LONG, 'one long field')
    expect(hash.change).toBeLessThan(json.change / 2)
    expect(hash.memory).toBeGreaterThan(json.memory)
    await redis.hset('packed', SHORT)
    await redis.hset('unpacked', LONG)
    expect([await redis.object('ENCODING', 'packed'), await redis.object('ENCODING', 'unpacked')]).toEqual([
      'listpack',
      'hashtable',
    ])
  })
})

describe('two apps that change two fields of one profile at the same time (B17)', () => {
  test('in JSON one of the changes is lost', async () => {
    await FORMS.json.write(1, SHORT)
    const [one, other] = [await redis.get('user:1'), await redis.get('user:1')].map((text) => JSON.parse(text ?? ''))
    await redis.set('user:1', JSON.stringify({ ...one, age: '30' }))
    await redis.set('user:1', JSON.stringify({ ...other, name: 'Ada Lovelace' }))
    expect(JSON.parse((await redis.get('user:1')) ?? '')).toEqual({ ...SHORT, name: 'Ada Lovelace' })
  })

  test('in a hash both are kept', async () => {
    await FORMS.hash.write(1, SHORT)
    await Promise.all([redis.hset('user:1', 'age', '30'), redis.hset('user:1', 'name', 'Ada Lovelace')])
    expect(await redis.hgetall('user:1')).toEqual({ ...SHORT, name: 'Ada Lovelace', age: '30' })
  })
})
