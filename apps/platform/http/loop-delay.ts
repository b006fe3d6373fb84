import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Gauge, type Registry } from 'prom-client'

/** Milliseconds, which all delays that it tells include. */
const PRECISION_MS = 100
const REST_AFTER_MS = 1_000

const monitor = monitorEventLoopDelay({ resolution: PRECISION_MS })
let isResting = true
let hasWorked = false

/** How late the event loop comes to what is due, since it was last told, in seconds. Nothing is told of a process at rest. */
export function exposeLoopDelay(registry: Registry): void {
  new Gauge({
    name: 'outgrow_loop_delay_seconds',
    help: 'How late the event loop came to a timer of 100 ms, those 100 ms included, while it had work and since this was last told',
    labelNames: ['of'],
    registers: [registry],
    collect() {
      this.reset()
      if (monitor.count === 0) return
      this.set({ of: 'min' }, monitor.min / 1e9)
      this.set({ of: 'mean' }, monitor.mean / 1e9)
      this.set({ of: 'p99' }, monitor.percentile(99) / 1e9)
      monitor.reset()
    },
  })
}

/** A monitor that never rests would wake a process at rest ten times a second: more often than all that it is asked. */
export function noteWork(): void {
  hasWorked = true
  if (!isResting) return
  isResting = false
  monitor.enable()
  setTimeout(restAfterWork, REST_AFTER_MS).unref()
}

function restAfterWork(): void {
  isResting = !hasWorked
  if (isResting) monitor.disable()
  else setTimeout(restAfterWork, REST_AFTER_MS).unref()
  hasWorked = false
}
