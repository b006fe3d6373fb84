import type { ConnectedService } from '../platform/calls/services.ts'
import { ShopError } from '../platform/http/errors.ts'

const TOLD_WITHIN_MS = 3_000

type Document = { readonly paths?: object }

/** Our own description, and what the services say of theirs. Throws UNAVAILABLE where one does not answer. */
export function describedBy(services: Readonly<Record<string, ConnectedService | undefined>>) {
  const each = [...new Set(Object.values(services).flatMap((one) => one?.service ?? []))]
  return async (own: Document): Promise<object> => {
    const others = await Promise.all(
      each.map(async (service): Promise<Document> => {
        const sent = { method: 'GET', path: '/openapi.json', headers: {} } as const
        const { body, statusCode, done } = await service.send(sent, { withinMs: TOLD_WITHIN_MS })
        const document = await body.json().finally(done)
        if (statusCode !== 200) throw new ShopError('UNAVAILABLE', 'a service does not describe itself', { retryAfterS: 1 })
        return document as Document
      }),
    )
    return { ...own, paths: Object.assign({}, ...others.map(({ paths }) => paths), own.paths) }
  }
}
