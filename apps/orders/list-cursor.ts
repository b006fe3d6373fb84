import { ShopError } from '../platform/http/errors.ts'

/** A cursor is the id of the last order shown, opaque to callers. */
export function encodeOrderId(id: string): string {
  return Buffer.from(id).toString('base64url')
}

/** Throws BAD_REQUEST for what is no cursor of this list. */
export function decodeOrderId(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString()
  // What decodes to an id need not be what we made of it.
  if (!/^ord_[0-9a-z]{28}$/.test(id) || encodeOrderId(id) !== cursor)
    throw new ShopError('BAD_REQUEST', 'the cursor does not belong to a list of orders')
  return id
}
