/** Whether those that hear of orders have done what was committed, and what they make of what they hear twice. */
import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import { httpCall } from '../../../infra/process/http-call.ts'
import { until } from '../../../infra/process/until.ts'
import { LOOPBACK } from '../../../infra/stage/address.ts'
import { CONSUMERS } from '../../orders/order-event.ts'
import { urlWith } from '../events/places.ts'
import { withDatabase } from '../runner/database.ts'
import type { Means } from './drill.ts'
import { programNamed, programsOf } from './programs.ts'
import { countHandled, markUnsent, selectLatestEvents } from './queries.ts'

/** What a relay or a consumer leaves undone another one does within so long. */
const HEARD_WITHIN_MS = 5_000
const POLL_MS = 25
/** Of so many of the last events it is looked whether they are done. */
const MOST_EVENTS = 200
const SENT_AGAIN = 5
const ASK_TIMEOUT_MS = 2_000

type Told = Pick<Means, 'figures' | 'wrong'>
type Hearing = Told & { readonly withinMs?: number }

export function missingEvents(stage: StageState): string | undefined {
  const isThere = programsOf(stage, 'consumers').length > 0
  return isThere ? undefined : `this drill needs consumers of events; stage ${stage.stage} has none`
}

const ROUNDS = 2

/** Each of these programs is killed again and again, one after the other: another one goes on with its events. At last some are sent twice. */
export async function killInTurn(
  stage: () => StageState,
  programs: readonly ProgramState[],
  told: Told & { kill(program: ProgramState): Promise<void> },
): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name } of programs) {
      const killing = told.kill(programNamed(stage(), name))
      await Promise.all([killing, hearOf(`KILL ${name}`, stage(), told)])
    }
  }
  await sendTwice(stage(), told)
}

/** Waits until all consumers have done what is committed by now, and says how long that took. */
export async function hearOf(
  what: string,
  stage: StageState,
  { figures, wrong, withinMs = HEARD_WITHIN_MS }: Hearing,
): Promise<void> {
  const startedAt = performance.now()
  const events = await withDatabase(await urlOf(stage, 'outbox'), (db) => selectLatestEvents(db, MOST_EVENTS))
  const inbox = await urlOf(stage, 'inbox')
  const areDone = async () => {
    const done = await withDatabase(inbox, (db) => countHandled(db, events))
    return done === events.length * CONSUMERS.length
  }
  const done = await until(areDone, { withinMs, everyMs: POLL_MS })
  const tookMs = Math.round(performance.now() - startedAt)
  figures.push(`${what}: the last ${events.length} events of that moment were done ${tookMs} ms later`)
  if (!done) wrong.push(`events were not done within ${withinMs} ms: ${what}`)
}

/** As a relay does that ends after it has sent them and before it has noted that. What that does to anybody is for the invariants to find. */
export async function sendTwice(stage: StageState, { figures, wrong }: Told): Promise<void> {
  const before = await duplicatesSeen(stage)
  await withDatabase(await urlOf(stage, 'outbox'), (db) => markUnsent(db, SENT_AGAIN))
  const seen = async () => (await duplicatesSeen(stage)) - before
  await until(async () => (await seen()) >= SENT_AGAIN * CONSUMERS.length, { withinMs: HEARD_WITHIN_MS, everyMs: POLL_MS })
  const count = await seen()
  figures.push(`${SENT_AGAIN} events were sent a second time: ${count} times a consumer knew one again`)
  if (count < 1) wrong.push('no event that was sent twice was known again')
}

async function duplicatesSeen(stage: StageState): Promise<number> {
  const texts = await Promise.all(
    programsOf(stage, 'consumers').map(({ port }) =>
      httpCall(`http://${LOOPBACK}:${port}/metrics`, { timeoutMs: ASK_TIMEOUT_MS }),
    ),
  )
  const counts = texts.flatMap(({ text }) => [...text.matchAll(/^outgrow_events_duplicates_total\{.*\} (\d+)$/gm)])
  return counts.reduce((sum, [, count]) => sum + Number(count), 0)
}

async function urlOf(stage: StageState, table: string): Promise<string> {
  const url = await urlWith(stage, table)
  if (url === undefined) throw new Error(`stage ${stage.stage} has no ${table}, or its database is away`)
  return url
}
