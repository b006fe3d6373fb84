/** What comes in time; undefined where the answer is late, or an error. */
export function within<Value>(milliseconds: number, answer: Promise<Value>): Promise<Value | undefined> {
  const { promise, resolve } = Promise.withResolvers<Value | undefined>()
  // An app that was stopped for a moment finds the time over before it has read an answer that is there.
  const timer = setTimeout(() => setImmediate(resolve, undefined), milliseconds)
  answer.then(resolve, () => resolve(undefined)).finally(() => clearTimeout(timer))
  return promise
}

/** What comes in time. Throws what the work throws, or that there was no answer; the signal tells the work to stop then. */
export async function inTime<Value>(milliseconds: number, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const expiry = new AbortController()
  const timer = setTimeout(() => {
    expiry.abort()
    reject(new Error(`no answer within ${milliseconds} ms`))
  }, milliseconds)
  return Promise.race([work(expiry.signal), late]).finally(() => clearTimeout(timer))
}
