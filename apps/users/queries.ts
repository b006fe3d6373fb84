import { type Generated, type Selectable, sql } from 'kysely'
import { compiled } from '../platform/mysql/compiled.ts'
import type { Database } from '../platform/mysql/database.ts'
import { CODE_LASTS_MS, ISSUE_EVERY_MS, MOST_ATTEMPTS } from './verification-codes.ts'

export type UsersTables = {
  users: {
    id: string
    email: string
    name: string
    role: Generated<'shopper' | 'admin'>
    password_hash: string
    created_at: Date
  }
  sessions: { token_hash: Buffer; user_id: string; expires_at: Date; ends_at: Date }
  revoked_sessions: { token_hash: Buffer; ends_at: Date }
  verification_codes: { account: Buffer; digest: Buffer | null; attempts_left: number; issued_at: Date; expires_at: Date }
  verified_users: { user_id: string; verified_at: Date }
}

type UserRow = Selectable<UsersTables['users']>

export async function insertUser(db: Database<UsersTables>, user: Omit<UserRow, 'role'>): Promise<void> {
  await db.insertInto('users').values(user).execute()
}

export async function selectUserByEmail(db: Database<UsersTables>, email: string): Promise<UserRow | undefined> {
  return db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()
}

export async function selectEmail(db: Database<UsersTables>, id: string): Promise<string | undefined> {
  return (await db.selectFrom('users').select('email').where('id', '=', id).executeTakeFirst())?.email
}

export async function insertSession(db: Database<UsersTables>, session: UsersTables['sessions']): Promise<void> {
  await db.insertInto('sessions').values(session).execute()
}

const sessionByToken = compiled((db: Database<UsersTables>, tokenHash: Buffer) =>
  db
    .selectFrom('sessions as s')
    .innerJoin('users as u', 'u.id', 's.user_id')
    .select(['u.id', 'u.email', 'u.name', 'u.role', 's.expires_at', 's.ends_at'])
    .where('s.token_hash', '=', tokenHash),
)

export async function selectSession(db: Database<UsersTables>, tokenHash: Buffer) {
  return (await sessionByToken(db, tokenHash)).rows[0]
}

export async function extendSession(db: Database<UsersTables>, tokenHash: Buffer, expiresAt: Date): Promise<void> {
  await db.updateTable('sessions').set({ expires_at: expiresAt }).where('token_hash', '=', tokenHash).execute()
}

export async function deleteSession(db: Database<UsersTables>, tokenHash: Buffer): Promise<void> {
  await db.deleteFrom('sessions').where('token_hash', '=', tokenHash).execute()
}

export async function deleteSessionsOfUser(db: Database<UsersTables>, userId: string): Promise<void> {
  await db.deleteFrom('sessions').where('user_id', '=', userId).execute()
}

/** Removes at most `most` sessions that have expired. */
export async function deleteExpiredSessions(db: Database<UsersTables>, now: Date, most: number): Promise<void> {
  await db.deleteFrom('sessions').where('expires_at', '<', now).limit(most).execute()
}

/** A log-out that is repeated stands already. */
export async function insertRevoked(
  db: Database<UsersTables>,
  sessions: readonly UsersTables['revoked_sessions'][],
): Promise<void> {
  await db.insertInto('revoked_sessions').ignore().values(sessions).execute()
}

export async function isRevoked(db: Database<UsersTables>, tokenHash: Buffer): Promise<boolean> {
  const found = await db.selectFrom('revoked_sessions').select('ends_at').where('token_hash', '=', tokenHash).executeTakeFirst()
  return found !== undefined
}

/** In the order of their hashes, at most `most`, those that are not over and stand after `after`. */
export async function selectRevoked(db: Database<UsersTables>, { now, after, most }: { now: Date; after: Buffer; most: number }) {
  return db
    .selectFrom('revoked_sessions')
    .select('token_hash')
    .where('token_hash', '>', after)
    .where('ends_at', '>', now)
    .orderBy('token_hash')
    .limit(most)
    .execute()
}

/** Removes at most `most` that would be over by now in any case. */
export async function deleteEndedRevocations(db: Database<UsersTables>, now: Date, most: number): Promise<void> {
  await db.deleteFrom('revoked_sessions').where('ends_at', '<', now).limit(most).execute()
}

export async function insertDemoUsers(db: Database<UsersTables>, users: UserRow[]): Promise<void> {
  await db.insertInto('users').values(users).execute()
}

export async function selectDemoUsers(db: Database<UsersTables>) {
  return db.selectFrom('users').select(['id', 'email', 'name', 'role']).orderBy('id').execute()
}

/** Codes go by the database's clock: the copies of the app need not agree about the time. */
const NOW = sql<Date>`UTC_TIMESTAMP(3)`
const inMilliseconds = (milliseconds: number) => sql<Date>`UTC_TIMESTAMP(3) + INTERVAL ${milliseconds * 1_000} MICROSECOND`

function newCodeRow(digest: Buffer) {
  return { digest, attempts_left: MOST_ATTEMPTS, issued_at: NOW, expires_at: inMilliseconds(CODE_LASTS_MS) }
}

/** False where the account has no code, or one that is younger than ISSUE_EVERY_MS. */
export async function replaceCode(db: Database<UsersTables>, account: Buffer, digest: Buffer): Promise<boolean> {
  const update = db.updateTable('verification_codes').set(newCodeRow(digest)).where('account', '=', account)
  const { numUpdatedRows } = await update.where('issued_at', '<=', inMilliseconds(-ISSUE_EVERY_MS)).executeTakeFirst()
  return numUpdatedRows === 1n
}

/** False where the account has a code. */
export async function insertCode(db: Database<UsersTables>, account: Buffer, digest: Buffer): Promise<boolean> {
  const insert = db
    .insertInto('verification_codes')
    .ignore()
    .values({ account, ...newCodeRow(digest) })
  return (await insert.executeTakeFirst()).numInsertedOrUpdatedRows === 1n
}

/**
 * Counts a guess, and uses the code up where it is right: true for one caller. It is one statement, and it writes, whether there is an
 * account, a code or neither, so that its time does not tell which; what it writes for a stranger keeps no code from being sent.
 */
export async function guessCode(db: Database<UsersTables>, account: Buffer, digest: Buffer): Promise<boolean> {
  const first = { digest: null, attempts_left: MOST_ATTEMPTS - 1, issued_at: inMilliseconds(-ISSUE_EVERY_MS) }
  const isOpen = sql<boolean>`attempts_left > 0 AND expires_at > ${NOW}`
  const insert = db.insertInto('verification_codes').values({ account, ...first, expires_at: inMilliseconds(CODE_LASTS_MS) })
  const { insertId } = await insert
    .onDuplicateKeyUpdate({
      // The id is for us: how else would one statement tell what it found?
      digest: sql`IF(${isOpen} AND digest = ${digest}, IF(LAST_INSERT_ID(${RIGHT}), NULL, NULL), digest)`,
      attempts_left: sql`IF(${isOpen}, attempts_left - 1, attempts_left)`,
    })
    .executeTakeFirst()
  return Number(insertId ?? 0) === RIGHT
}

const RIGHT = 1

/** Removes at most `most`. */
export async function deleteExpiredCodes(db: Database<UsersTables>, most: number): Promise<void> {
  await db.deleteFrom('verification_codes').where('expires_at', '<', NOW).limit(most).execute()
}

export async function upsertVerified(db: Database<UsersTables>, userId: string, verifiedAt: Date): Promise<void> {
  const row = { user_id: userId, verified_at: verifiedAt }
  await db.insertInto('verified_users').values(row).onDuplicateKeyUpdate({ verified_at: verifiedAt }).execute()
}
