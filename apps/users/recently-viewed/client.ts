import { type Call, type RemotePlace, remote } from '../../platform/calls/remote.ts'
import { INTERNAL_PATHS as PATHS } from '../paths.ts'
import type { RecentlyViewed } from './recently-viewed.ts'

/** The lists of another process. */
export function recentlyViewedClient(place: RemotePlace): Pick<RecentlyViewed, 'of'> {
  const call: Call = remote(place)
  return { of: async (userId) => (await call('GET', PATHS.recentlyViewed(encodeURIComponent(userId)))) as string[] }
}
