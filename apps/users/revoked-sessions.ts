import type { Database } from '../platform/mysql/database.ts'
import { allOf, type Store } from '../platform/mysql/store.ts'
import type { UsersTables } from './queries.ts'
import { deleteEndedRevocations, insertRevoked, isRevoked, selectRevoked } from './queries.ts'
import { ownerOf } from './sessions.ts'

export type Revoked = { readonly tokenHash: Buffer; readonly endsAt: Date }

/** Log-outs, as they are written down. */
export interface RevokedSessions {
  write(sessions: readonly Revoked[]): Promise<void>
  has(tokenHash: Buffer): Promise<boolean>
  /** Those that count, page by page, in the order of their hashes, from behind `after` on. */
  page(after: Buffer, most: number): Promise<readonly Buffer[]>
  /** Tells of all that count. Throws where a part of them cannot be asked. */
  all(tell: (hashes: readonly Buffer[]) => Promise<void>): Promise<void>
}

/** Each log-out sweeps out a few revocations that are over. */
const SWEPT_A_LOG_OUT = 10
export const REVOCATIONS_A_PAGE = 1_000
const READ_WITHIN_MS = 5_000
/** Some 100,000 log-outs; what takes longer begins anew. */
const TOLD_WITHIN_MS = 60_000

export function storedRevocations(store: Pick<Store<UsersTables>, 'of' | 'each'>): RevokedSessions {
  return {
    async write(sessions) {
      for (const [{ writes }, own] of Map.groupBy(sessions, ({ tokenHash }) => store.of(ownerOf(tokenHash)))) {
        const rows = own.map(({ tokenHash, endsAt }) => ({ token_hash: tokenHash, ends_at: endsAt }))
        await insertRevoked(writes, rows)
        await deleteEndedRevocations(writes, new Date(), SWEPT_A_LOG_OUT).catch(() => undefined)
      }
    },
    has: (tokenHash) => isRevoked(store.of(ownerOf(tokenHash)).writes, tokenHash),
    async page(after, most) {
      const pages = await store.each(({ writes }) => hashesIn(writes, after, most), { withinMs: READ_WITHIN_MS })
      return allOf(pages).flat().sort(Buffer.compare).slice(0, most)
    },
    async all(tell) {
      const read = ({ writes }: { writes: Database<UsersTables> }, signal: AbortSignal) =>
        pageByPage((after) => hashesIn(writes, after, REVOCATIONS_A_PAGE), tell, signal)
      allOf(await store.each(read, { withinMs: TOLD_WITHIN_MS }))
    },
  }
}

export async function pageByPage(
  read: (after: Buffer) => Promise<readonly Buffer[]>,
  tell: (hashes: readonly Buffer[]) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  for (let after: Buffer | undefined = Buffer.alloc(0); after; ) {
    signal?.throwIfAborted()
    const page = await read(after)
    await tell(page)
    after = page.length < REVOCATIONS_A_PAGE ? undefined : page.at(-1)
  }
}

async function hashesIn(db: Database<UsersTables>, after: Buffer, most: number): Promise<Buffer[]> {
  return (await selectRevoked(db, { now: new Date(), after, most })).map(({ token_hash }) => token_hash)
}
