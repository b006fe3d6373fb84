import { COMES } from '../stores/owners.ts'
import { arrow, standingOf } from './arrows.ts'
import { progressIfAny } from './begin.ts'
import { lookAt } from './look.ts'
import { stopNoting } from './notes.ts'
import { dropSchema } from './queries.ts'
import { withSessions } from './session.ts'
import type { BucketOf, Way } from './way.ts'

/** Takes back a move that has not been switched. Answers to where it was. */
export async function undoMove({ servers, bucket }: BucketOf): Promise<readonly string[]> {
  const { owner, comesTo } = await lookAt(servers, bucket)
  for (const name of comesTo) {
    await withSessions(servers, [owner.server, name], (source, target) => undoCopy({ bucket, source, target }))
  }
  return comesTo
}

/** What the way back has kept is kept; any other copy goes. */
export async function undoCopy({ bucket, source, target }: Pick<Way, 'bucket' | 'source' | 'target'>): Promise<void> {
  const own = await standingOf(source, bucket)
  if (own.state === 'fenced')
    await arrow(source, bucket, { from: { state: 'fenced', epoch: own.epoch }, to: { state: 'owner', token: null } })
  const { state, epoch, token } = await standingOf(target, bucket)
  if (!COMES.includes(state) || epoch !== own.epoch + 1) return
  const progress = await progressIfAny({ target, bucket, filling: { states: COMES, epoch, token }, source, shapes: [] })
  const isBack = progress.some(({ is_back }) => is_back === 1)
  if (!isBack) await target.rows(dropSchema(bucket))
  const to = { state: isBack ? 'moved' : 'elsewhere', epoch: own.epoch, server: source.server, token: null } as const
  await arrow(target, bucket, { from: { state, epoch, token }, to })
  if (!isBack) await stopNoting(source, bucket)
}
