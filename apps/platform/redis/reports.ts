import type { RedisClient } from './client.ts'

/** Tells once that a Redis went away and once that it is back, not once for each attempt. */
export function reportChanges(client: RedisClient, name: string, report: (line: string) => void): void {
  let awaySince: number | undefined
  let closed = false
  const away = (reason: string) => {
    if (closed || awaySince !== undefined) return
    awaySince = performance.now()
    report(`redis ${name} is away: ${reason}`)
  }
  client.on('unreachable', (reason) => away(reason.message || String(reason)))
  client.on('close', () => away('the connection was closed'))
  client.once('closed', () => {
    closed = true
  })
  client.on('ready', () => {
    if (awaySince !== undefined) report(`redis ${name} answers again after ${Math.round(performance.now() - awaySince)} ms`)
    awaySince = undefined
  })
}

/** Full, read-only, or too slow: that is over when nothing was refused for so long. */
const CALM_MS = 5_000

/** Tells once that a Redis that is there does not do what it is asked, and once that it does again. */
export function reportRefusals(client: RedisClient, name: string, report: (line: string) => void): void {
  let refuses = false
  let refusedAt = 0
  client.on('refused', ({ message, cause }) => {
    refusedAt = performance.now()
    if (!refuses) report(`redis ${name} does not do all that it is asked: ${cause instanceof Error ? cause.message : message}`)
    refuses = true
  })
  client.on('answered', () => {
    if (!refuses || performance.now() < refusedAt + CALM_MS) return
    report(`redis ${name} does all that it is asked again`)
    refuses = false
  })
}
