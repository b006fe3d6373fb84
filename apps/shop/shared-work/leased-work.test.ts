/** Of several copies one works at a time, whoever of them lives. */
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { type OwnDatabase, shopDatabase } from '../../fixtures/shop-database.ts'
import { repeated } from '../../platform/process/repeated.ts'
import { LEASE_MS, leasedWork } from './leased-work.ts'

let databases: OwnDatabase
beforeEach(async () => {
  databases = await shopDatabase(inject('databaseUrl'))
})
afterEach(() => databases.close())

/** Copies whose work is to say that they work. */
function copiesOf(...names: readonly string[]) {
  const working = new Set<string>()
  const counts = new Map<string, number>()
  const copies = names.map((name) => {
    const work = repeated(name, 20, async () => {
      working.add(name)
      counts.set(name, (counts.get(name) ?? 0) + 1)
    })
    return leasedWork(databases.writes, name, [work])
  })
  /** Who has worked in a moment from now on. */
  const nowWorking = async () => {
    working.clear()
    await new Promise((resolve) => setTimeout(resolve, 200))
    return [...working].sort()
  }
  return { copies, nowWorking }
}

test('one of them works, and another when it leaves', async () => {
  const { copies, nowWorking } = copiesOf('orders-1', 'orders-2', 'orders-3')
  for (const copy of copies) copy.start()
  await expect.poll(nowWorking, { interval: 50 }).toHaveLength(1)
  const [first = ''] = await nowWorking()
  for (let turn = 0; turn < 5; turn += 1) expect(await nowWorking()).toEqual([first])
  const index = Number(first.split('-')[1]) - 1
  await copies[index]?.stop()
  await expect.poll(nowWorking, { interval: 50 }).toHaveLength(1)
  expect(await nowWorking()).not.toContain(first)
  await Promise.all(copies.map((copy) => copy.stop()))
  expect(await nowWorking()).toEqual([])
})

test('one that has died is waited for as long as its lease', async () => {
  // It took the lease, and is never heard of again.
  const dead = leasedWork(databases.writes, 'orders-1', [])
  dead.start()
  const held = () => databases.writes.selectFrom('work_leases').selectAll().execute()
  await expect.poll(async () => (await held()).map(({ holder }) => holder)).toEqual(['orders-1'])
  const { copies, nowWorking } = copiesOf('orders-2')
  const { writes } = databases
  const longer = { held_until: new Date(Date.now() + 2 * LEASE_MS) }
  await dead.stop()
  await writes.updateTable('work_leases').set(longer).execute()
  copies[0]?.start()
  for (let turn = 0; turn < 5; turn += 1) expect(await nowWorking()).toEqual([])
  await writes
    .updateTable('work_leases')
    .set({ held_until: new Date(Date.now() - 1) })
    .execute()
  await expect.poll(nowWorking, { interval: 50 }).toEqual(['orders-2'])
  await copies[0]?.stop()
})

test('one that cannot ask the database any more rests when its lease is over', async () => {
  const { copies, nowWorking } = copiesOf('orders-1')
  copies[0]?.start()
  await expect.poll(nowWorking, { interval: 50 }).toEqual(['orders-1'])
  await databases.writes.schema.dropTable('work_leases').execute()
  expect(await nowWorking()).toEqual(['orders-1'])
  await expect.poll(nowWorking, { interval: 50, timeout: 3 * LEASE_MS }).toEqual([])
  await copies[0]?.stop()
})
