/** What is known of events on their way. */
import { Counter, Gauge } from 'prom-client'
import { registry } from '../http/metrics.ts'
import type { Event } from './event.ts'

const waiting = new Gauge({
  name: 'outgrow_outbox_waiting_events',
  help: 'Events that were committed and are not in their stream yet; told by every process that writes them',
  registers: [registry],
})
const oldest = new Gauge({
  name: 'outgrow_outbox_oldest_seconds',
  help: 'How long the oldest of them has waited',
  registers: [registry],
})
for (const gauge of [waiting, oldest]) gauge.remove()
const handled = new Counter({
  name: 'outgrow_events_handled_total',
  help: 'Events that had their effect, by consumer',
  labelNames: ['consumer'],
  registers: [registry],
})
const duplicates = new Counter({
  name: 'outgrow_events_duplicates_total',
  help: 'Events that were delivered again after they had had their effect, by consumer',
  labelNames: ['consumer'],
  registers: [registry],
})
const lag = new Gauge({
  name: 'outgrow_events_lag_seconds',
  help: 'How long ago the last event that had its effect was committed, when it had it; by consumer',
  labelNames: ['consumer'],
  registers: [registry],
})

export function observeOutbox({ count, oldestMs }: { readonly count: number; readonly oldestMs: number }): void {
  waiting.set(count)
  oldest.set(oldestMs / 1_000)
}

export function countDuplicates(consumer: string, count: number): void {
  if (count > 0) duplicates.inc({ consumer }, count)
}

export function observeEvents(consumer: string, events: readonly Event[]): void {
  const last = events.at(-1)
  if (!last) return
  handled.inc({ consumer }, events.length)
  lag.set({ consumer }, (Date.now() - last.at) / 1_000)
}
