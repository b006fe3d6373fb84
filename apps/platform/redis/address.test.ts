import { expect, test } from 'vitest'
import { parseRedisUrl } from './address.ts'

test('one server', () => {
  expect(parseRedisUrl('X', 'redis://shop:p%40ss@127.0.0.1:4110/?name=cache')).toEqual({
    name: 'cache',
    user: 'shop',
    password: 'p@ss',
    hosts: [{ host: '127.0.0.1', port: 4110 }],
    reach: 'server',
    database: 0,
  })
})

test('the Sentinels of a group', () => {
  const address = parseRedisUrl('X', 'redis-sentinel://shop:x@127.0.0.1:4113,[::1]:4114,db-server:4115/7?name=state')
  const hosts = [
    { host: '127.0.0.1', port: 4113 },
    { host: '::1', port: 4114 },
    { host: 'db-server', port: 4115 },
  ]
  expect(address).toMatchObject({ name: 'state', reach: 'sentinels', database: 7, hosts })
})

test('the nodes of a Cluster', () => {
  const address = parseRedisUrl('X', 'redis-cluster://shop:x@127.0.0.1:4113,127.0.0.1:4114/?name=cache')
  const hosts = [4113, 4114].map((port) => ({ host: '127.0.0.1', port }))
  expect(address).toMatchObject({ name: 'cache', reach: 'cluster', hosts })
})

test.each([
  'nonsense',
  'mysql://shop:x@127.0.0.1:4110/?name=cache',
  'redis://127.0.0.1:4110/?name=cache',
  'redis://shop:x@127.0.0.1/?name=cache',
  'redis://shop:x@127.0.0.1:0/?name=cache',
  'redis://shop:x@127.0.0.1:4110,127.0.0.1:4111/?name=cache',
])('%s is refused', (url) => {
  expect(() => parseRedisUrl('OUTGROW_CACHE', url)).toThrow('OUTGROW_CACHE must look like redis://')
})
