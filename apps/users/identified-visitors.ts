import { Compile } from 'typebox/compile'
import { identityOf } from '../platform/calls/callers.ts'
import { ShopError } from '../platform/http/errors.ts'
import type { Visitors } from './authentication.ts'
import { User } from './schemas.ts'

const user = Compile(User)

/** In a service behind the gateway, which has looked at the session and signed what it found. */
export function identifiedVisitors(): Visitors {
  return {
    mayBeKnown(request) {
      const identity = identityOf(request)
      return identity?.user !== undefined || identity?.unknown === true
    },
    async find(request) {
      const { user: found, unknown } = identityOf(request) ?? {}
      if (unknown) throw new ShopError('UNAVAILABLE', 'sessions cannot be reached now', { retryAfterS: 1 })
      return user.Check(found) ? found : undefined
    },
  }
}
