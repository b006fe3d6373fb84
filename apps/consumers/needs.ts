import Type from 'typebox'
import type { Needs } from '../platform/calls/needs.ts'
import { INTERNAL_PATHS as USERS } from '../users/paths.ts'

/** Where a mail goes. */
export const CONSUMERS_NEED: Needs = {
  users: {
    [`POST ${USERS.emailAddress}`]: {
      sends: Type.Object({ userId: Type.String() }),
      reads: Type.Object({ email: Type.Union([Type.String(), Type.Null()]) }),
    },
  },
}
