import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { type EventParts, eventParts, goOn, noting, STREAM } from '../../fixtures/event-parts.ts'
import { replayDeadLetters } from './dead-letters.ts'

let parts: EventParts
beforeEach(async () => {
  parts = await eventParts(inject('databaseUrl'), inject('redisUrl'))
})
afterEach(() => parts.close())

const pending = async () => ((await parts.lab.xpending(STREAM, 'notes')) as unknown[])[0]
const left = () => parts.db.selectFrom('dead_letters').select(['subject', 'event_id']).orderBy('number').execute()

test('what is put back when its fault is gone is done in its order, though newer events come meanwhile', async () => {
  await parts.tell(['o1', 'placed'], ['o1', 'paid'], ['o2', 'placed'])
  await goOn(parts.relay(), async () => (await parts.entries()).length === 3)
  await parts.lab.xadd(STREAM, '*', 'order_id', '9876')
  let isFaulty = true
  const round = await parts.consumer({
    async handle(trx, event) {
      if (isFaulty && event.subject === 'o1' && event.body === 'placed') throw new Error('a fault')
      await noting.handle(trx, event)
    },
  })
  await goOn(round, async () => (await left()).length === 3 && (await pending()) === 0)
  isFaulty = false
  const redis = await parts.connect()
  const replay = () => replayDeadLetters({ db: parts.db, redis, stream: STREAM })
  expect((await replay()).map(({ subject }) => subject)).toEqual(['o1', 'o1'])
  await replay()
  await goOn(round, async () => (await parts.effects()).length === 3)
  await goOn(round, async () => (await pending()) === 0)
  expect(await parts.effects()).toEqual(['o2 placed', 'o1 placed', 'o1 paid'])
  // What no outbox has written stays to be looked at.
  expect(await left()).toEqual([{ subject: '', event_id: expect.stringMatching(/^\d+-\d+$/) }])
})

test('one that dies again stays where it was', async () => {
  await parts.tell(['o1', 'placed'], ['o1', 'paid'])
  await goOn(parts.relay(), async () => (await parts.entries()).length === 2)
  const round = await parts.consumer({
    async handle() {
      throw new Error('a fault')
    },
  })
  await goOn(round, async () => (await left()).length === 2 && (await pending()) === 0)
  const before = await left()
  await replayDeadLetters({ db: parts.db, redis: await parts.connect(), stream: STREAM })
  const died = async () => parts.lab.xlen('events:dead-letters')
  await goOn(round, async () => (await died()) === 2 && (await pending()) === 0)
  expect(await left()).toEqual(before)
})
