import type { FastifyRequest } from 'fastify'
import { describe, expect, test } from 'vitest'
import { clientAddress, subscriberOf } from './client-address.ts'

describe('an address', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
    ['2001:db8::5:6:7:8:9', '2001:db8:0:5::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('%s is counted as %s', (address, subscriber) => expect(subscriberOf(address)).toBe(subscriber))

  test('is one of 200 of a /64, which are counted as one, and the next /64 as another', () => {
    const of = (network: string) =>
      Array.from({ length: 200 }, (_, host) => subscriberOf(`${network}:${host.toString(16)}:0:0:1`))
    expect(new Set([...of('2001:db8:0:1'), ...of('2001:db8:0:2')])).toEqual(new Set(['2001:db8:0:1::/64', '2001:db8:0:2::/64']))
  })
})

test.each([
  ['right', '2001:db8:0:9::5', '2001:db8:0:9::/64'],
  ['right', '10.0.0.1, ::ffff:10.0.0.9', '10.0.0.9'],
  ['wrong', '10.0.0.9', '192.0.2.7'],
])('with the %s key, what the load balancer says (%s) is counted as %s', (key, forwarded, counted) => {
  const headers = { 'x-proxy-key': key, 'x-forwarded-for': forwarded }
  const request = { headers, socket: { remoteAddress: '::ffff:192.0.2.7' } } as unknown as FastifyRequest
  expect(clientAddress(request, 'right')).toBe(counted)
})
