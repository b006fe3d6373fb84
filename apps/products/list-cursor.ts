import { ShopError } from '../platform/http/errors.ts'
import type { ListPosition } from './queries.ts'

/** A cursor is the last row's position in its list, opaque to callers: base64url of `sort value id`. */
export function encodeCursor(sort: string, { value, id }: ListPosition): string {
  return Buffer.from(`${sort} ${value} ${id}`).toString('base64url')
}

/** Throws BAD_REQUEST for what is no cursor of a list in this order. */
export function decodeCursor(cursor: string, sort: string): ListPosition {
  const [, of, value, id] = /^(\S+) (\d{1,10}) ([\w-]{1,40})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (of !== sort || value === undefined || id === undefined) {
    throw new ShopError('BAD_REQUEST', `the cursor does not belong to a list sorted by ${sort}`)
  }
  return { value: Number(value), id }
}
