/** So many retries a request, or a few where there were no requests for a while: what is overloaded is not loaded more by those who wait. */
const SHARE = 0.1
const MOST_SAVED = 10

type RetryBudget = {
  /** For each request that is sent for the first time. */
  request(): void
  /** Whether there may be a retry; then it is spent. */
  spend(): boolean
}

export function retryBudget(): RetryBudget {
  let saved = MOST_SAVED
  return {
    request() {
      saved = Math.min(MOST_SAVED, saved + SHARE)
    },
    spend() {
      if (saved < 1) return false
      saved -= 1
      return true
    },
  }
}
