import { type Call, type RemotePlace, remote } from '../platform/calls/remote.ts'
import { INTERNAL_PATHS as PATHS } from './paths.ts'
import { pageByPage, REVOCATIONS_A_PAGE, type RevokedSessions } from './revoked-sessions.ts'

/** The log-outs that another process has written down, and only it writes. */
export function revokedSessionsClient(place: RemotePlace): RevokedSessions {
  const call: Call = remote(place)
  const page = async (after: Buffer, most: number) => {
    const hashes = (await call('POST', PATHS.revokedSessions, { after: after.toString('hex'), most })) as string[]
    return hashes.map((hash) => Buffer.from(hash, 'hex'))
  }
  return {
    write: async () => {
      throw new Error('log-outs are written down where users are')
    },
    async has(tokenHash) {
      const { isRevoked } = (await call('POST', PATHS.isRevoked, { hash: tokenHash.toString('hex') })) as { isRevoked: boolean }
      return isRevoked
    },
    page,
    all: (tell) => pageByPage((after) => page(after, REVOCATIONS_A_PAGE), tell),
  }
}

/** Knows nothing of who is gone. */
export function addressesClient(place: RemotePlace): (userId: string) => Promise<string | undefined> {
  const call: Call = remote(place)
  return async (userId) => {
    const { email } = (await call('POST', PATHS.emailAddress, { userId })) as { email: string | null }
    return email ?? undefined
  }
}
