import { sql } from 'kysely'
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { type EventParts, eventParts } from '../../fixtures/event-parts.ts'
import { registry } from '../http/metrics.ts'
import { outboxWatch } from './outbox-watch.ts'

let parts: EventParts
beforeEach(async () => {
  parts = await eventParts(inject('databaseUrl'), inject('redisUrl'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await parts.close()
})

async function look(): Promise<{ log: string; metrics: string }> {
  const log = vi.spyOn(console, 'log').mockReturnValue()
  const watch = outboxWatch(parts.db)
  watch.start()
  await watch.stop()
  const lines = log.mock.calls.flat().join('\n')
  log.mockRestore()
  return { log: lines, metrics: await registry.metrics() }
}

test('an outbox without a relay is told in the log and in the metrics', async () => {
  await parts.tell(['o1', 'placed'], ['o2', 'placed'])
  await parts.db.updateTable('outbox').set({ written_at: sql<Date>`UTC_TIMESTAMP(3) - INTERVAL 10 SECOND` }).execute()
  const { log, metrics } = await look()
  expect(log).toContain('2 events wait in it')
  expect(log).toContain('no relay sends them')
  expect(metrics).toMatch(/outgrow_outbox_waiting_events(?:\{.*\})? 2\n/)
  expect(metrics).toMatch(/outgrow_outbox_oldest_seconds(?:\{.*\})? 1\d\./)
})

test('one whose events go is told of by its metrics alone', async () => {
  await parts.tell(['o1', 'placed'])
  await parts.relay()()
  const { log, metrics } = await look()
  expect(log).toBe('')
  expect(metrics).toMatch(/outgrow_outbox_waiting_events(?:\{.*\})? 0\n/)
})
