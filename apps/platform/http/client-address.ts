import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'

/**
 * Where a request comes from. `x-forwarded-for` counts only in a request that carries our load balancer's key:
 * by itself the header is something that anybody can write.
 */
export function clientAddress({ headers, socket }: FastifyRequest, proxyKey: string | undefined): string {
  const peer = socket.remoteAddress ?? 'unknown'
  const forwarded = headers['x-forwarded-for']
  if (proxyKey === undefined || typeof forwarded !== 'string') return peer
  return isKey(headers['x-proxy-key'], proxyKey) ? (forwarded.split(',').at(-1)?.trim() ?? peer) : peer
}

function isKey(given: string | string[] | undefined, key: string): boolean {
  const [one, other] = [Buffer.from(String(given)), Buffer.from(key)]
  return one.length === other.length && timingSafeEqual(one, other)
}
