/** What comes in time; undefined where the answer is late, or an error. */
export function within<Value>(milliseconds: number, answer: Promise<Value>): Promise<Value | undefined> {
  const { promise, resolve } = Promise.withResolvers<Value | undefined>()
  // An app that was stopped for a moment finds the time over before it has read an answer that is there.
  const timer = setTimeout(() => setImmediate(resolve, undefined), milliseconds)
  answer.then(resolve, () => resolve(undefined)).finally(() => clearTimeout(timer))
  return promise
}
