/**
 * Each of these calls the function when it has come so far. The last one does the work, of which there is one for all, and each goes on
 * when that is done; aborting lets those go that wait for one that never comes.
 */
export function whenAll(
  names: readonly string[],
  { work, signal }: { work: () => Promise<void>; signal: AbortSignal },
): (name: string) => Promise<void> {
  const missing = new Set(names)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // Nobody need be waiting yet.
  promise.catch(() => undefined)
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return (name) => {
    if (missing.delete(name) && missing.size === 0) Promise.try(work).then(resolve, reject)
    return promise
  }
}
