/**
 * To be called once a program has started: what starting took and nobody needs again, a fifth of all in an app, goes back to the system.
 * Without `--expose-gc` it does nothing.
 */
export function giveBackMemory(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
