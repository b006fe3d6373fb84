import { EventEmitter } from 'node:events'

/**
 * Breaks one request off. As much of an AbortController as undici asks for: with its signal a real one takes longer to make, to listen to and to
 * forget than the rest of what a call is watched by.
 */
export class Control extends EventEmitter<{ abort: [] }> {
  readonly sentAt = performance.now()
  /** When it is late, by performance.now(). */
  endsAt: number
  /** When whoever has it in his hands is asked next whether he lives. */
  suspectAt = Number.POSITIVE_INFINITY
  /** Why it was broken off. */
  reason: Error | undefined

  readonly withinMs: number

  constructor(withinMs: number) {
    super()
    this.withinMs = withinMs
    this.endsAt = this.sentAt + withinMs
  }

  /** The first reason counts. */
  abort(reason: Error): void {
    if (this.reason) return
    this.reason = reason
    this.emit('abort')
  }
}
