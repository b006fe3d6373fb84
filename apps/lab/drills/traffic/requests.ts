/** Single requests, with what they show written down. */
import type { Register } from '../../invariants/sightings.ts'
import type { Crowd, PricedProduct } from './crowd.ts'
import type { Reply, Session } from './shop-client.ts'

export async function readPage(crowd: Crowd, id: string): Promise<void> {
  const reply = await crowd.client.send({ operation: 'page', method: 'GET', path: `/products/${id}`, expect: 200 })
  if (reply.status !== 200 || !crowd.priced.has(id)) return
  noteRead(crowd, { of: 'price', id }, JSON.parse(reply.body).priceCents, reply, 'the page')
}

/** Whether the new price was acknowledged. A product whose change got no answer keeps `changing`. */
export async function raisePrice({ client, admin }: Crowd, product: PricedProduct): Promise<boolean> {
  const { id } = product
  product.changing = true
  product.changedAt = performance.now()
  product.priceCents += 1
  const { priceCents } = product
  const call = { operation: 'price', method: 'PATCH', path: `/products/${id}`, expect: 200 } as const
  const reply = await client.sendAs(admin, { ...call, body: { priceCents } })
  if (reply.status !== 200) return false
  product.changing = false
  client.recording.lines.push({ kind: 'price', productId: id, priceCents })
  client.recording.sightings.push({ kind: 'write', register: { of: 'price', id }, version: priceCents, at: reply.endedAt })
  return true
}

export function whoAmI({ client }: Crowd, session: Session): Promise<Reply> {
  return client.sendAs(session, { operation: 'who am I', method: 'GET', path: '/sessions/current', expect: 200 })
}

/** Ends the first of these sessions, or by `/sessions` all of its account, which they must be. Answers whether that was acknowledged. */
export async function logOut(
  crowd: Crowd,
  sessions: readonly Session[],
  path: '/sessions' | '/sessions/current',
): Promise<boolean> {
  const { client, ended, unfinished } = crowd
  const [session] = sessions
  if (!session) return false
  const now = performance.now()
  const reply = await client.send({ operation: 'log-out', method: 'DELETE', path, session, expect: 204 })
  // Nothing was ended for a session that the shop does not know; whether it should know it is for the session's history to say.
  if (reply.status === 401) client.noteSession(session, 'refused', reply)
  else for (const one of sessions) client.noteSession(one, 'leaving', { startedAt: now, endedAt: now, servedBy: undefined })
  if (reply.status === 0 || reply.status >= 500) unfinished.push(() => logOut(crowd, sessions, path))
  if (reply.status !== 204) return false
  for (const one of sessions) client.noteSession(one, 'ended', reply)
  ended.push(...sessions)
  return true
}

/** A session that has ended opens nothing, whoever is asked. */
export function expectEnded({ client }: Crowd, session: Session): Promise<Reply> {
  return client.sendAs(session, { operation: 'ended session', method: 'GET', path: '/sessions/current', expect: 401 })
}

export function noteRead({ client }: Crowd, register: Register, version: number, reply: Reply, what: string): void {
  const { startedAt, endedAt, servedBy } = reply
  client.recording.sightings.push({ kind: 'read', register, version, startedAt, endedAt, where: `${what}, by ${servedBy}` })
}
