import type { Journey } from './journeys.ts'
import type { Traffic } from './traffic.ts'

type Rush = { readonly journey: Journey; readonly times: number; readonly everyMs: number }

/** More of one journey beside the rest while the work is done: each with the next customer, as an account may order only so much. */
export async function whileRushing<Value>(
  rush: Traffic['rush'],
  { journey, times, everyMs }: Rush,
  work: () => Promise<Value>,
): Promise<Value> {
  let made = 0
  const timer = setInterval(() => {
    const first = made
    made += times
    rush((crowd, index) => journey(crowd, first + index), times)
  }, everyMs)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
