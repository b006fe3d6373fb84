import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { dying } from '../../fixtures/dying.ts'
import { type EventParts, eventParts, goOn, STREAM } from '../../fixtures/event-parts.ts'
import { putInOutbox } from './outbox.ts'

const ALL = { mostAgeMs: 0, mostEntries: 0, keptMs: 24 * 3_600_000 }

/** A lease that is soon somebody else's. */
const SHORT_MS = 200
const timeOf = (entry: string) => Number(entry.split('-')[0])

let parts: EventParts
beforeEach(async () => {
  parts = await eventParts(inject('databaseUrl'), inject('redisUrl'))
})
afterEach(() => parts.close())

test('what was committed is sent once, in its order, and what was rolled back never', async () => {
  await parts.tell(['o1', 'placed'], ['o2', 'placed'], ['o1', 'paid'])
  const undone = parts.db.transaction().execute(async (trx) => {
    await putInOutbox(trx, { subject: 'o3', body: 'placed' })
    throw new Error('no stock')
  })
  await expect(undone).rejects.toThrow('no stock')
  const relay = parts.relay()
  await relay()
  await relay()
  expect(await parts.entries()).toEqual(['o1 placed', 'o2 placed', 'o1 paid'])
})

test('a transaction that is committed later than one that began after it is sent too', async () => {
  const relay = parts.relay()
  await parts.db.transaction().execute(async (trx) => {
    await putInOutbox(trx, { subject: 'slow', body: 'placed' })
    await parts.tell(['quick', 'placed'])
    await relay()
  })
  await relay()
  expect(await parts.entries()).toEqual(['quick placed', 'slow placed'])
})

test('a relay that dies between sending and writing it down leaves events to be sent again, and none out', async () => {
  await parts.tell(['o1', 'placed'], ['o1', 'paid'])
  const dead = parts.relay({ stream: dying(parts.stream, 'publish', 'after'), lastsMs: SHORT_MS })
  await expect(dead()).rejects.toThrow('died after publish')
  const next = parts.relay()
  await vi.waitFor(async () => {
    await next()
    expect(await parts.entries()).toEqual(['o1 placed', 'o1 paid', 'o1 placed', 'o1 paid'])
  })
})

describe('of two relays', () => {
  test('one sends', async () => {
    const [one, other] = [parts.relay(), parts.relay()]
    await one()
    await parts.tell(['o1', 'placed'])
    await other()
    expect(await parts.entries()).toEqual([])
    await one()
    expect(await parts.entries()).toEqual(['o1 placed'])
  })

  test('one that was stopped while it sent is refused by the stream when it goes on', async () => {
    await parts.tell(['o1', 'placed'])
    const woken = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    const stream = {
      ...parts.stream,
      async publish(publishing: Parameters<typeof parts.stream.publish>[0]) {
        stopped.resolve()
        await woken.promise
        return parts.stream.publish(publishing)
      },
    }
    const late = parts.relay({ stream, lastsMs: SHORT_MS })()
    await stopped.promise
    const next = parts.relay()
    await vi.waitFor(async () => {
      await next()
      expect(await parts.entries()).toEqual(['o1 placed'])
    })
    woken.resolve()
    await expect(late).rejects.toThrow('another relay')
    expect(await parts.entries()).toEqual(['o1 placed'])
  })

  test('one that was stopped after it sent cannot write it down', async () => {
    await parts.tell(['o1', 'placed'])
    const next = parts.relay()
    const stream = {
      ...parts.stream,
      async publish(publishing: Parameters<typeof parts.stream.publish>[0]) {
        const published = await parts.stream.publish(publishing)
        await vi.waitFor(async () => {
          await next()
          expect(await parts.entries()).toHaveLength(2)
        })
        return published
      },
    }
    await expect(parts.relay({ stream, lastsMs: SHORT_MS })()).rejects.toThrow('somebody else')
  })
})

describe('a Redis that has lost entries', () => {
  const acknowledgeAll = async () => {
    await parts.lab.xreadgroup('GROUP', 'notes', 'one', 'STREAMS', STREAM, '>')
    const ids = (await parts.lab.xrange(STREAM, '-', '+')).map(([id]) => id)
    await parts.lab.xack(STREAM, 'notes', ...ids)
  }

  test('all of them is sent all of them again, though nothing new is to be sent', async () => {
    const relay = parts.relay()
    await parts.tell(['o1', 'placed'], ['o1', 'paid'])
    await relay()
    await parts.lab.flushdb()
    await vi.waitFor(async () => {
      await relay()
      expect(await parts.entries()).toEqual(['o1 placed', 'o1 paid'])
    })
  })

  test('is believed where the experiment asks for that: only what is new is sent', async () => {
    const relay = parts.relay({ resends: false })
    await parts.tell(['o1', 'placed'])
    await relay()
    await parts.lab.flushdb()
    await parts.tell(['o1', 'paid'])
    await vi.waitFor(async () => {
      await relay()
      expect(await parts.entries()).toEqual(['o1 paid'])
    })
  })

  test('the last ones is sent these again, before what is new', async () => {
    const relay = parts.relay()
    await parts.tell(['o1', 'placed'])
    await relay()
    const kept = (await parts.lab.xrevrange(STREAM, '+', '-', 'COUNT', 1))[0]?.[0] ?? ''
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(timeOf(kept) + 1))
    await parts.tell(['o1', 'paid'])
    await relay()
    // As a replica has it that is promoted before it was given the last entry.
    await parts.lab.del(STREAM)
    await parts.lab.xadd(STREAM, kept, 'id', 'x', 'subject', 'o1', 'at', '1', 'body', '"placed"')
    await parts.tell(['o2', 'placed'])
    await relay()
    const entries = await parts.entries()
    expect(entries.slice(-3)).toEqual(['o1 placed', 'o1 paid', 'o2 placed'])
  })

  test('is not sent what all groups were done with, but for the last of that', async () => {
    await parts.lab.xgroup('CREATE', STREAM, 'notes', '0', 'MKSTREAM')
    for (const subject of ['old', 'last']) {
      await parts.tell([subject, 'placed'])
      await goOn(parts.relay({ lastsMs: SHORT_MS }), async () => (await parts.entries()).includes(`${subject} placed`))
    }
    await acknowledgeAll()
    await parts.tell(['new', 'placed'])
    // It looks what is settled when it begins.
    const relay = parts.relay()
    await goOn(relay, async () => (await parts.entries()).includes('new placed'))
    await parts.lab.flushdb()
    await goOn(relay, async () => (await parts.entries()).length > 0)
    expect(await parts.entries()).toEqual(['last placed', 'new placed'])
  })

  test('gives no entry an id that one before it had', async () => {
    const relay = parts.relay()
    await parts.tell(['o1', 'placed'])
    await relay()
    const ahead = `${Date.now() + 60_000}-0`
    await parts.db.updateTable('outbox_streams').set({ last_entry: ahead }).execute()
    await parts.lab.flushdb()
    await parts.tell(['o2', 'placed'])
    await relay()
    const last = (await parts.lab.xrevrange(STREAM, '+', '-', 'COUNT', 1))[0]?.[0] ?? ''
    expect(timeOf(last)).toBeGreaterThanOrEqual(timeOf(ahead))
  })
})

describe('trimming', () => {
  const filled = async () => {
    await parts.tell(['o1', 'placed'], ['o2', 'placed'], ['o3', 'placed'])
    await goOn(parts.relay({ lastsMs: SHORT_MS }), async () => (await parts.entries()).length === 3)
  }
  const trim = () => parts.stream.trim(ALL)

  test('waits for a group that is not there yet, as it will want to read all', async () => {
    await filled()
    await parts.lab.xgroup('CREATE', STREAM, 'others', '$')
    await trim()
    expect(await parts.entries()).toHaveLength(3)
  })

  test('leaves what a group was not given, and what it has not acknowledged', async () => {
    await filled()
    await parts.lab.xgroup('CREATE', STREAM, 'notes', '0')
    await trim()
    expect(await parts.entries()).toHaveLength(3)
    await parts.lab.xreadgroup('GROUP', 'notes', 'one', 'COUNT', 2, 'STREAMS', STREAM, '>')
    const [first = '', second = ''] = (await parts.lab.xrange(STREAM, '-', '+')).map(([id]) => id)
    await parts.lab.xack(STREAM, 'notes', second)
    await trim()
    expect(await parts.entries()).toHaveLength(3)
    await parts.lab.xack(STREAM, 'notes', first)
    await trim()
    expect(await parts.entries()).toEqual(['o3 placed'])
  })

  test('leaves the young ones, and of those only so many', async () => {
    await filled()
    await parts.lab.xgroup('CREATE', STREAM, 'notes', '$')
    await parts.stream.trim({ mostAgeMs: 60_000, mostEntries: 3 })
    expect(await parts.entries()).toHaveLength(3)
    await parts.stream.trim({ mostAgeMs: 60_000, mostEntries: 2 })
    expect(await parts.entries()).toEqual(['o2 placed', 'o3 placed'])
  })

  test('the outbox keeps what was sent for a day, and what was not for ever', async () => {
    await filled()
    await parts.tell(['o4', 'placed'])
    const left = () => parts.db.selectFrom('outbox').select('subject').orderBy('number').execute()
    await parts.db
      .updateTable('outbox')
      .set({ sent_ms: Date.now() - 59_000 })
      .where('subject', '!=', 'o4')
      .execute()
    const relay = () => parts.relay({ limits: { ...ALL, keptMs: 60_000 }, lastsMs: SHORT_MS })()
    await vi.waitFor(async () => {
      await relay()
      expect(await parts.entries()).toHaveLength(4)
    })
    expect(await left()).toHaveLength(4)
    await parts.db
      .updateTable('outbox')
      .set({ sent_ms: Date.now() - 60_001 })
      .where('subject', '!=', 'o1')
      .execute()
    await parts.db.updateTable('outbox').set({ sent_ms: null }).where('subject', '=', 'o2').execute()
    await vi.waitFor(async () => {
      await relay()
      expect(await left()).toEqual([{ subject: 'o1' }, { subject: 'o2' }])
    })
  })
})
