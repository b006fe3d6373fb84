import { timingSafeEqual } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'

/**
 * Whom a request comes from, as limits count it. `x-forwarded-for` counts only in a request that carries our load balancer's key:
 * by itself the header is something that anybody can write.
 */
export function clientAddress(request: FastifyRequest, proxyKey: string | undefined): string {
  const peer = request.socket.remoteAddress ?? 'unknown'
  const forwarded = request.headers['x-forwarded-for']
  if (typeof forwarded !== 'string' || !isFromProxy(request, proxyKey)) return subscriberOf(peer)
  return subscriberOf(forwarded.split(',').at(-1)?.trim() ?? peer)
}

/** Whether our load balancer has passed it on. */
export function isFromProxy({ headers }: FastifyRequest, proxyKey: string | undefined): boolean {
  if (proxyKey === undefined) return false
  const [one, other] = [Buffer.from(String(headers['x-proxy-key'])), Buffer.from(proxyKey)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** An IPv6 subscriber has a /64 of addresses; an IPv4 one may be written as IPv6, and each address in many ways. */
export function subscriberOf(address: string): string {
  const [text = ''] = address.split('%', 1)
  if (!isIPv6(text)) return address
  const groups = groupsOf(text)
  const [high = 0, low = 0] = groups.slice(6)
  if (groups.slice(0, 6).join() === MAPPED) return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  const network = groups.slice(0, 4).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}

/** The first six groups of an IPv4 address that is written as IPv6 (RFC 4291, 2.5.5.2). */
const MAPPED = [0, 0, 0, 0, 0, 0xffff].join()

/** The eight of an address. A URL's host is written in one way alone. */
function groupsOf(address: string): number[] {
  const [left = [], right = []] = new URL(`http://[${address}]`).hostname
    .slice(1, -1)
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = Array(8 - left.length - right.length).fill('0')
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16))
}
