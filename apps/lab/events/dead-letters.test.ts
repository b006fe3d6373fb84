import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { type EventParts, eventParts, goOn, noting, STREAM } from '../../fixtures/event-parts.ts'
import { deadLetters } from './dead-letters.ts'

let parts: EventParts
beforeEach(async () => {
  parts = await eventParts(inject('databaseUrl'), inject('redisUrl'))
})
afterEach(() => parts.close())

test('dead letters are listed, shown and sent again', async () => {
  await parts.tell(['o1', 'placed'])
  await goOn(parts.relay(), async () => (await parts.entries()).length === 1)
  let isFaulty = true
  const round = await parts.consumer({
    async handle(trx, event) {
      if (isFaulty) throw new Error('a fault')
      await noting.handle(trx, event)
    },
  })
  const count = async () => (await parts.db.selectFrom('dead_letters').select('number').execute()).length
  await goOn(round, async () => (await count()) === 1)
  await parts.lab.xadd(STREAM, '*', 'order_id', '9876')
  await goOn(round, async () => (await count()) === 2)
  const redis = await parts.connect()
  const ask = (what: string, number?: number) =>
    deadLetters({ redis, outbox: parts.db, inbox: parts.db }, { what, ...(number !== undefined && { number }) })

  expect((await ask('list')).text).toMatch(
    /^1 {2}\S+ {2}notes {2}o1 \w{26}: a fault\n2 {2}\S+ {2}notes {2}entry [\d-]+: it is not as/,
  )
  expect((await ask('show', 2)).text).toContain('"order_id": "9876"')
  await expect(ask('show', 3)).rejects.toThrow('there is no dead letter 3')
  isFaulty = false
  expect((await ask('replay')).data).toEqual({ replayed: 1, left: 1 })
  await goOn(round, async () => (await count()) === 1)
  expect(await parts.effects()).toEqual(['o1 placed'])
})
