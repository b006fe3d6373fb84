/** The trace in which an event was written goes with it, by its row and by its entry. */
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { type EventParts, eventParts } from '../../fixtures/event-parts.ts'
import { type RecordedSpan, recordSpans, wholesOf } from '../../fixtures/recorded-spans.ts'
import { createTablesOf } from '../../shop/prepare.ts'
import { beginSpan, inSpan, tellSpansTo } from '../process/span.ts'

let parts: EventParts
beforeEach(async () => {
  parts = await eventParts(inject('databaseUrl'), inject('redisUrl'))
})
afterEach(() => parts.close())

const SHORT_MS = 200
const request = () => beginSpan(() => ({ name: 'POST /orders', kind: 'server' }))
const namesOf = (told: readonly RecordedSpan[], wanted: string) =>
  told.filter(({ name }) => name === wanted).map((span) => wholesOf(span, told))

test('who sends it and who handles it go on with its trace, each with what it asks of its servers', async () => {
  const told = recordSpans()
  await inSpan(request(), () => parts.tell(['o1', 'placed']))
  expect(namesOf(told, 'INSERT outbox')).toEqual([['POST /orders']])
  await parts.relay()()
  expect(namesOf(told, 'send events:orders')).toEqual([['POST /orders']])
  expect(namesOf(told, 'EVAL')).toEqual([['send events:orders', 'POST /orders']])
  await (await parts.consumer())()
  expect(namesOf(told, 'handle notes')).toEqual([['send events:orders', 'POST /orders']])
  expect(namesOf(told, 'INSERT effects')).toEqual([['handle notes', 'send events:orders', 'POST /orders']])
  expect(told.filter(({ name, ended }) => !ended && name !== 'POST /orders')).toEqual([])
})

test('an outbox of before there were traces has room for them once a build is started that tells of them', async () => {
  await sql.raw('ALTER TABLE outbox DROP COLUMN traceparent').execute(parts.db)
  await parts.tell(['o1', 'placed'])
  for (let time = 0; time < 2; time++) await createTablesOf(parts.db, ['platform/events'])
  const told = recordSpans()
  await inSpan(request(), () => parts.tell(['o2', 'placed']))
  await parts.relay()()
  expect(namesOf(told, 'send events:orders')).toEqual([['POST /orders']])
  expect(await parts.entries()).toEqual(['o1 placed', 'o2 placed'])
})

test('two events that are sent together stay in their own traces', async () => {
  const told = recordSpans()
  for (const what of ['o1', 'o2']) await inSpan(request(), () => parts.tell([what, 'placed']))
  await parts.relay()()
  await (await parts.consumer())()
  const requests = told.filter(({ name }) => name === 'POST /orders').map(({ traceparent }) => traceparent.split('-')[1])
  const handled = told.filter(({ name }) => name === 'handle notes').map(({ traceparent }) => traceparent.split('-')[1])
  expect(handled).toEqual(requests)
  expect(new Set(requests).size).toBe(2)
})

test('what fails is told as failed, and what comes of it the next time as well', async () => {
  const told = recordSpans()
  await inSpan(request(), () => parts.tell(['o1', 'placed']))
  await parts.relay()()
  const failing = await parts.consumer({ handle: () => Promise.reject(new Error('no room')), lastsMs: SHORT_MS })
  await failing()
  const handled = told.filter(({ name }) => name === 'handle notes')
  expect(handled.map(({ error }) => error)).toEqual([new Error('no room')])
})

test('where nobody is told the row and the entry say nothing of it', async () => {
  await parts.tell(['o1', 'placed'])
  await parts.relay()()
  await (await parts.consumer())()
  expect(await parts.db.selectFrom('outbox').select('traceparent').execute()).toEqual([{ traceparent: null }])
  const [[, fields] = []] = await parts.lab.xrange('events:orders', '-', '+')
  expect(fields).not.toContain('traceparent')
  expect(await parts.effects()).toEqual(['o1 placed'])
})

test('a consumer that tells nobody takes what others write, and one that does takes what they do not', async () => {
  recordSpans()
  await inSpan(request(), () => parts.tell(['o1', 'placed']))
  await parts.relay({ lastsMs: SHORT_MS })()
  tellSpansTo(undefined)
  const round = await parts.consumer()
  await round()
  expect(await parts.effects()).toEqual(['o1 placed'])
})

test('what is no traceparent is passed over, and the event has its effect', async () => {
  const told = recordSpans()
  await parts.tell(['o1', 'placed'])
  await parts.relay()()
  const [[entry = '', fields = []] = []] = await parts.lab.xrange('events:orders', '-', '+')
  await parts.lab.xdel('events:orders', entry)
  await parts.lab.xadd('events:orders', '*', ...fields, 'traceparent', 'nonsense')
  await (await parts.consumer())()
  expect(await parts.effects()).toEqual(['o1 placed'])
  expect(namesOf(told, 'handle notes')).toEqual([])
})
