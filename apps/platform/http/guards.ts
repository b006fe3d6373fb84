/** What every request must pass before a route sees it. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ShopError } from './errors.ts'

export const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])
/** JSON in UTF-8 and nothing that merely resembles it; white space and empty parameters as RFC 9110, 5.6.6 has them. */
const JSON_TYPE = /^application\/json(?:[ \t]*;(?:[ \t]*charset=(?:utf-8|"utf-8"))?)*[ \t]*$/i

export function guardRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    refuseWrongHost(request)
    if (SAFE_METHODS.has(request.method)) return done()
    refuseOtherSites(request)
    refuseOtherTypes(request)
    done()
  })
}

/** RFC 9112, 3.2. Node would refuse none with an empty body, and of two take the first. */
function refuseWrongHost({ raw }: FastifyRequest): void {
  const { rawHeaders } = raw
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  if (hosts > 1 || (hosts === 0 && raw.httpVersion === '1.1')) throw new ShopError('BAD_REQUEST', 'there must be one header Host')
}

/** Cross-site request forgery: browsers say where an unsafe request comes from; curl and k6 say nothing (ASVS 5.0, 3.5.1–3.5.3). */
function refuseOtherSites({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new ShopError('CROSS_SITE')
  const { origin, host } = headers
  if (origin !== undefined && hostOf(origin) !== host) throw new ShopError('CROSS_SITE')
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

function refuseOtherTypes({ headers }: FastifyRequest): void {
  const type = headers['content-type']
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
  if (headers['content-encoding'] !== undefined) throw new ShopError('UNSUPPORTED_MEDIA_TYPE')
  if ((type !== undefined || hasBody) && !JSON_TYPE.test(type ?? '')) throw new ShopError('UNSUPPORTED_MEDIA_TYPE')
}
