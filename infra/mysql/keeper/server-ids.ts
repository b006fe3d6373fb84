/**
 * Another id in each epoch, so that what a replaced primary wrote is told from what its successor did; and a member's ids are never another's.
 */
const MOST_MEMBERS = 100

/** Both count from 1. */
export function serverIdOf(epoch: number, member: number): number {
  return MOST_MEMBERS * epoch + member
}

export function memberOf(serverId: number): number {
  return serverId % MOST_MEMBERS
}
