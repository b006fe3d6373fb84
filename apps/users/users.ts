import { refuseLate } from '../platform/http/deadline.ts'
import { ShopError } from '../platform/http/errors.ts'
import type { FailureLimiter } from '../platform/limits/limits.ts'
import type { Database } from '../platform/mysql/database.ts'
import type { Store } from '../platform/mysql/store.ts'
import { codeOf } from '../platform/mysql/transactions.ts'
import { bucketOfEmail } from '../platform/process/buckets.ts'
import { newId } from '../platform/process/ids.ts'
import { hashPassword, verifyPassword } from './passwords.ts'
import type { UsersTables } from './queries.ts'
import { insertUser, selectEmail, selectUserByEmail } from './queries.ts'
import type { LogIn, Registration, User } from './schemas.ts'
import { hashToken, isToken, newToken, type Sessions } from './sessions.ts'

/** `address` is the client's, as our own proxy saw it. */
type LogInFrom = LogIn & { readonly address: string }

/** Accounts and sessions. */
export interface Users {
  /** Throws EMAIL_TAKEN. */
  register(registration: Registration): Promise<User>
  /** Throws BAD_CREDENTIALS, or TOO_MANY_REQUESTS after too many of them. The token is the caller's to keep: only its hash is stored. */
  logIn(logIn: LogInFrom): Promise<{ user: User; token: string }>
  findBySession(token: string): Promise<User | undefined>
  logOut(token: string): Promise<void>
  logOutEverywhere(userId: string): Promise<void>
  /** Where mail to a user goes; undefined where there is none of that id. */
  addressOf(userId: string): Promise<string | undefined>
}

export type UsersParts = {
  readonly sessions: Sessions
  /** By pair of account and address: an attacker elsewhere cannot lock the owner out. */
  readonly failuresOfPair: FailureLimiter
}

export function makeUsers(store: Pick<Store<UsersTables>, 'of'>, parts: UsersParts): Users {
  const { sessions } = parts
  return {
    async register({ email, password, name }) {
      const user = { id: newId('usr', bucketOfEmail(email)), email, name, role: 'shopper' } as const
      const row = { id: user.id, email, name, password_hash: await hashPassword(password), created_at: new Date() }
      await insertUser(store.of(email).writes, row).catch(rethrowTaken)
      return user
    },
    async logIn(logIn) {
      const user = await checkPassword(store.of(logIn.email).writes, parts, logIn)
      const token = newToken(user.id)
      await sessions.create(hashToken(token), user)
      return { user, token }
    },
    findBySession: async (token) => (isToken(token) ? sessions.find(hashToken(token)) : undefined),
    async logOut(token) {
      if (isToken(token)) await sessions.end(hashToken(token))
    },
    async logOutEverywhere(userId) {
      // Carried out late it would end the sessions of who has logged in again since.
      refuseLate()
      await sessions.endAll(userId)
    },
    addressOf: (userId) => selectEmail(store.of(userId).writes, userId),
  }
}

async function checkPassword(
  writes: Database<UsersTables>,
  { failuresOfPair }: UsersParts,
  { email, password, address }: LogInFrom,
): Promise<User> {
  const pair = `${email.toLowerCase()} ${address}`
  const row = await failuresOfPair.guard(pair, async () => {
    const found = await selectUserByEmail(writes, email)
    return (await verifyPassword(password, found?.password_hash)) ? found : undefined
  })
  if (!row) throw new ShopError('BAD_CREDENTIALS')
  return { id: row.id, email: row.email, name: row.name, role: row.role }
}

function rethrowTaken(error: unknown): never {
  if (codeOf(error) === 'ER_DUP_ENTRY') throw new ShopError('EMAIL_TAKEN')
  throw error
}
