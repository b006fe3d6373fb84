import Type from 'typebox'
import { ENTRY_ID } from '../platform/events/entry-id.ts'
import type { Live, LiveEvent } from '../platform/events/live.ts'
import { ShopError } from '../platform/http/errors.ts'
import { Problem } from '../platform/http/problems.ts'
import { IdParams } from '../platform/http/schemas.ts'
import type { App } from '../platform/http/server.ts'
import { requireUser, type Visitors } from '../users/authentication.ts'
import { beginEvents } from './event-stream.ts'
import { orderEventIn } from './order-event.ts'
import type { Orders } from './orders.ts'

/** In one process. */
const MOST_STREAMS = 500
const MOST_OF_USER = 10

type Parts = {
  readonly visitors: Visitors
  readonly orders: Pick<Orders, 'find'>
  readonly live: Live
  readonly draining: AbortSignal
}

/**
 * An order's status, and each change of it as it comes. Whoever was away comes back with `Last-Event-ID` and is told what it missed;
 * whoever was away for too long, or comes for the first time, is told how things stand.
 */
export function orderEventsRoutes(app: App, { visitors, orders, live, draining }: Parts): void {
  const open = openStreams(draining)
  const headers = Type.Object({ 'last-event-id': Type.Optional(Type.String({ pattern: ENTRY_ID.source })) })
  const text = { description: 'Server-sent events', content: { 'text/event-stream': { schema: Type.String() } } }
  const response = { 200: text, '4xx': Problem, '5xx': Problem }
  const summary = 'Follow the status of one of my orders'
  const schema = { tags: ['orders'], summary, security: [{ session: [] }], params: IdParams, headers, response }
  app.get('/orders/:id/events', { schema }, async (request, reply) => {
    const user = await requireUser(visitors, request)
    const { id } = request.params
    const known = request.headers['last-event-id']
    const place = open.take(user.id)
    try {
      const goesOn = known !== undefined && (await live.remembers(known))
      // Before the order is read: what comes in between is told twice rather than not at all.
      const after = goesOn ? known : await live.last()
      const { status } = await orders.find(user.id, id)
      let told: LiveEvent[] | undefined = []
      let tell = (event: LiveEvent): void => void told?.push(event)
      const following = await live.follow(id, after, (event) => tell(event))
      const ended = () => {
        following.stop()
        place.leave()
      }
      const client = beginEvents(reply, { place: following.place, ended, isLast: draining.aborted })
      place.end = client.end
      if (draining.aborted) client.end()
      if (!goesOn) client.send(after, 'status', { orderId: id, status })
      tell = ({ entry, body }) => {
        const event = orderEventIn(body)
        if (event) client.send(entry, 'status', { orderId: id, status: event.type })
      }
      for (const event of told) tell(event)
      told = undefined
    } catch (error) {
      place.leave()
      throw error
    }
  })
}

type Place = { leave(): void; end?: () => void }

/** They end when the app takes nothing more, and their clients turn to another. */
function openStreams(draining: AbortSignal): { take(userId: string): Place } {
  const places = new Map<Place, string>()
  draining.addEventListener('abort', () => {
    for (const place of places.keys()) place.end?.()
  })
  return {
    take(userId) {
      if (places.size >= MOST_STREAMS) throw new ShopError('UNAVAILABLE', 'too many follow their orders here', { retryAfterS: 5 })
      const own = [...places.values()].filter((owner) => owner === userId).length
      if (own >= MOST_OF_USER) throw new ShopError('TOO_MANY_REQUESTS', undefined, { retryAfterS: 5 })
      const place: Place = { leave: () => void places.delete(place) }
      places.set(place, userId)
      return place
    },
  }
}
