import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { type EventParts, eventParts, goOn, noting, STREAM } from '../../fixtures/event-parts.ts'
import { UnknownEvent } from './handler.ts'

/** A lease that is soon somebody else's. */
const SHORT_MS = 200

let parts: EventParts
beforeEach(async () => {
  parts = await eventParts(inject('databaseUrl'), inject('redisUrl'))
})
afterEach(() => parts.close())

/** Sends what was told, by a relay that does not stand in the way of the next. */
async function sent(...happened: readonly (readonly [string, unknown])[]): Promise<void> {
  await parts.tell(...happened)
  const before = (await parts.entries()).length
  await goOn(parts.relay({ lastsMs: SHORT_MS }), async () => (await parts.entries()).length >= before + happened.length)
}

const pending = async () => ((await parts.lab.xpending(STREAM, 'notes')) as unknown[])[0]
const letters = () => parts.db.selectFrom('dead_letters').select(['subject', 'reason']).orderBy('number').execute()
/** Cannot do this one. */
const failing = (what: string) => ({
  async handle(...[trx, event]: Parameters<typeof noting.handle>) {
    if (event.body === what) throw new Error(`no ${what}`)
    await noting.handle(trx, event)
  },
})

test('a group that begins late is given what was there before it (R4), and acknowledges it', async () => {
  await sent(['o1', 'placed'], ['o2', 'placed'], ['o1', 'paid'])
  await (await parts.consumer())()
  expect(await parts.effects()).toEqual(['o1 placed', 'o2 placed', 'o1 paid'])
  expect(await pending()).toBe(0)
})

test('what is delivered twice has its effect once', async () => {
  await sent(['o1', 'placed'])
  const round = await parts.consumer()
  await round()
  await parts.db.updateTable('outbox').set({ sent_ms: null }).execute()
  await sent()
  await goOn(parts.relay({ lastsMs: SHORT_MS }), async () => (await parts.entries()).length === 2)
  await round()
  expect(await parts.effects()).toEqual(['o1 placed'])
  expect(await pending()).toBe(0)
})

test('who ends between the effect and its acknowledgement leaves the entry to the next, who leaves it out', async () => {
  await sent(['o1', 'placed'])
  const redis = await parts.connect()
  const dies = Object.assign(Object.create(redis), {
    ask: (name: string, args: string[]) => (name === 'xack' ? Promise.reject(new Error('died')) : redis.ask(name, args)),
  })
  await expect((await parts.consumer({ redis: dies, lastsMs: SHORT_MS }))()).rejects.toThrow('died')
  expect([await parts.effects(), await pending()]).toEqual([['o1 placed'], 1])
  await sent(['o1', 'paid'])
  await goOn(await parts.consumer(), async () => (await pending()) === 0)
  expect(await parts.effects()).toEqual(['o1 placed', 'o1 paid'])
})

test('an acknowledgement that failed comes again, and the effect does not', async () => {
  await sent(['o1', 'placed'])
  const redis = await parts.connect()
  let failures = 0
  const flaky = Object.assign(Object.create(redis), {
    ask: (name: string, args: string[]) =>
      name === 'xack' && failures++ === 0 ? Promise.reject(new Error('no answer')) : redis.ask(name, args),
  })
  const round = await parts.consumer({ redis: flaky })
  await expect(round()).rejects.toThrow('no answer')
  await round()
  expect([await parts.effects(), await pending()]).toEqual([['o1 placed'], 0])
})

test('what was given in an answer that was lost is done before what is newer', async () => {
  await sent(['o1', 'placed'])
  const redis = await parts.connect()
  let failures = 0
  const ask = async (name: string, args: string[]) => {
    const answer = await redis.ask(name, args)
    if (name === 'xreadgroup' && failures++ === 0) throw new Error('no answer')
    return answer
  }
  const round = await parts.consumer({ redis: Object.assign(Object.create(redis), { ask }) })
  await expect(round()).rejects.toThrow('no answer')
  await sent(['o1', 'paid'])
  await goOn(round, async () => (await parts.effects()).length === 2)
  expect(await parts.effects()).toEqual(['o1 placed', 'o1 paid'])
})

test('who was stopped before the effect, and goes on when another has the lease, changes nothing', async () => {
  await sent(['o1', 'placed'])
  const next = await parts.consumer()
  const slow = await parts.consumer({
    lastsMs: SHORT_MS,
    before: () => goOn(next, async () => (await parts.effects()).length === 1),
  })
  await expect(slow()).rejects.toThrow('somebody else')
  expect(await parts.effects()).toEqual(['o1 placed'])
})

describe('an event that cannot be handled', () => {
  test('is tried again, and keeps only its own subject waiting', async () => {
    await sent(['o1', 'placed'], ['o1', 'paid'], ['o2', 'placed'])
    let failures = 0
    const round = await parts.consumer({
      async handle(trx, event) {
        if (event.body === 'placed' && event.subject === 'o1' && failures++ < 3) throw new Error('not now')
        await noting.handle(trx, event)
      },
    })
    await goOn(round, async () => (await parts.effects()).length === 3)
    expect(await parts.effects()).toEqual(['o2 placed', 'o1 placed', 'o1 paid'])
    expect(await letters()).toEqual([])
  })

  test('is a dead letter in the end, and what comes after it of its subject with it; the others go on', async () => {
    await sent(['o1', 'placed'], ['o1', 'paid'], ['o2', 'placed'])
    await goOn(await parts.consumer(failing('paid')), async () => (await pending()) === 0)
    await sent(['o1', 'sent'], ['o2', 'sent'])
    const reason = 'an event of the same subject before it is a dead letter'
    expect(await letters()).toEqual([{ subject: 'o1', reason: 'no paid' }])
    const next = await parts.consumer(failing('paid'))
    await goOn(next, async () => (await parts.effects()).length === 3)
    expect(await parts.effects()).toEqual(['o1 placed', 'o2 placed', 'o2 sent'])
    expect(await letters()).toEqual([
      { subject: 'o1', reason: 'no paid' },
      { subject: 'o1', reason },
    ])
    expect(await pending()).toBe(0)
    expect(await parts.lab.xlen('events:dead-letters')).toBe(1)
  })

  test('ends a consumer that it kills at most so often', async () => {
    await sent(['o1', 'placed'], ['o2', 'placed'])
    await parts.lab.xgroup('CREATE', STREAM, 'notes', '0')
    await parts.lab.xreadgroup('GROUP', 'notes', 'dead', 'STREAMS', STREAM, '>')
    for (let killed = 0; killed < 10; killed++) await parts.lab.xautoclaim(STREAM, 'notes', 'dead', 0, '0')
    await goOn(await parts.consumer(), async () => (await pending()) === 0)
    expect(await parts.effects()).toEqual(['o2 placed'])
    expect(await letters()).toEqual([{ subject: 'o1', reason: expect.stringContaining('12 consumers') }])
  })
})

describe('what no schema knows', () => {
  test('is a dead letter at once, with all that it says, and the others go on', async () => {
    await sent(['o1', 'placed'], ['o2', 'placed'])
    await parts.lab.xadd(STREAM, '*', 'order_id', '9876', 'amount', '250')
    await parts.lab.xadd(STREAM, '*', 'id', 'x', 'subject', 'o1', 'at', '1', 'body', '{')
    await goOn(await parts.consumer(), async () => (await letters()).length === 2 && (await pending()) === 0)
    expect(await parts.effects()).toEqual(['o1 placed', 'o2 placed'])
    const fields = (await parts.db.selectFrom('dead_letters').select('fields').orderBy('number').execute()).map(
      (row) => row.fields,
    )
    expect(fields.map((text) => JSON.parse(text))).toEqual([
      { order_id: '9876', amount: '250' },
      { id: 'x', subject: 'o1', at: '1', body: '{' },
    ])
  })

  test('by its handler’s word is not tried again', async () => {
    await sent(['o1', 'placed'])
    const handle = vi.fn(async () => {
      throw new UnknownEvent('version 7')
    })
    await goOn(await parts.consumer({ handle }), async () => (await pending()) === 0)
    expect(handle.mock.calls.length).toBeLessThan(3)
    expect(await letters()).toEqual([{ subject: 'o1', reason: 'version 7' }])
  })
})

test('after FLUSHALL the group is there again, and is given what comes', async () => {
  await sent(['o1', 'placed'])
  const round = await parts.consumer()
  await round()
  await parts.lab.flushdb()
  await sent(['o2', 'placed'])
  await goOn(round, async () => (await parts.effects()).length === 2)
  expect(await parts.effects()).toEqual(['o1 placed', 'o2 placed'])
})
