/** Who buys in a comparison: as many of each bucket, so that no server of buckets has more of them, logged in once for all loads. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeAnswer, httpCall } from '../../../../infra/process/http-call.ts'
import { BUCKETS } from '../../../../infra/stage/topology.ts'
import type { Shopper } from '../../../../loadtests/shop.ts'
import { bucketOfEmail } from '../../../platform/process/buckets.ts'
import { seededRandom } from '../../../platform/process/random.ts'
import { DEMO_PASSWORD, demoUsers } from '../../../users/seed.ts'
import { shuffled } from '../../drills/traffic/choices.ts'
import { inTurns } from '../../drills/traffic/crowd.ts'
import { CommandError } from '../../runner/command.ts'
import type { ComparedStage } from '../stages/compared-stage.ts'

/** Of what the shop lets an account order and an address log in, in a minute. */
const USED_SHARE = 0.8
const LOG_IN_TIMEOUT_MS = 30_000
const MINUTE_MS = 60_000

/** E-mail addresses of as many as so many orders a second take, in an order that has nothing to do with where their buckets are. */
export function customersFor(ordersPerS: number, { ordersPerMinute }: { readonly ordersPerMinute: number }): string[] {
  const needed = Math.ceil((60 * ordersPerS) / (USED_SHARE * ordersPerMinute))
  const each = Math.ceil(needed / BUCKETS)
  if (each <= MOST_OF_A_BUCKET) return customersOfEachBucket(each)
  const limit = `${ordersPerMinute} orders a minute for each of at most ${MOST_OF_A_BUCKET * BUCKETS} customers`
  throw new CommandError(`${limit} are fewer than the loads place: compare with --set ordersPerMinute=${100 * ordersPerMinute}`)
}

/** As many demo shoppers as each bucket has. */
export const MOST_OF_A_BUCKET = 8

export function customersOfEachBucket(count: number): string[] {
  const byBucket = Map.groupBy(shoppers(), bucketOfEmail)
  // The same for each stage. In the order of the buckets each server in turn would get all of the load for a moment.
  return shuffled(
    [...byBucket.values()].flatMap((own) => own.slice(0, count)),
    seededRandom(1),
  )
}

/** Answers the file with their sessions, which goes with the stage's data. A small stage is asked for a few at a time. */
export async function logInCustomers(
  { plan, state, held }: Pick<ComparedStage, 'plan' | 'state' | 'held'>,
  emails: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const aMinute = Math.max(1, Math.floor(USED_SHARE * state.settings.logInsPerMinute))
  const customers = new Map<string, Shopper>()
  for (let at = 0; at < emails.length; at += aMinute) {
    if (at > 0) await sleep(MINUTE_MS, undefined, { signal })
    await inTurns(emails.slice(at, at + aMinute), async (email) => {
      customers.set(email, await logIn(plan.url, email, signal))
    })
  }
  const file = path.join(held.folder, 'customers.json')
  writeFileSync(file, JSON.stringify(emails.map((email) => customers.get(email))), { mode: 0o600 })
  return file
}

function shoppers(): string[] {
  return demoUsers().flatMap(({ email, id }) => (id.startsWith('usr_shopper_') ? [email] : []))
}

async function logIn(url: string, email: string, signal: AbortSignal): Promise<Shopper> {
  const body = { email, password: DEMO_PASSWORD }
  const call = { method: 'POST', body, timeoutMs: LOG_IN_TIMEOUT_MS, stopping: signal }
  const answer = await httpCall(`${url}/sessions`, call)
  const sid = /^sid=([^;]+)/.exec([answer.headers['set-cookie']].flat().join())?.[1]
  if (answer.status === 201 && sid !== undefined) return { sid, userId: JSON.parse(answer.text).id }
  throw new CommandError(`${email} cannot log in at ${url}: ${describeAnswer(answer)}`)
}
