import { setTimeout as sleep } from 'node:timers/promises'
import { bucketSchema } from '../../../platform/stores/queries.ts'
import { say } from '../../runner/command.ts'
import type { Drill, Means, Scale } from '../drill.ts'
import { eventNow, type FaultEvent } from '../fault-events.ts'
import { type Direction, finish, leftBehind, type Moving, move } from '../moves/bucket-moves.ts'
import { startWriters, type Write } from '../moves/bucket-writers.ts'
import { chosenBuckets, fillBuckets } from '../moves/drilled-buckets.ts'
import { whileOwnersWatched } from '../moves/owner-watch.ts'
import { writesAtSwitch } from '../moves/waits.ts'
import { missingRunner } from '../programs.ts'
import { missingShards } from '../shards.ts'
import type { Operation, Sent } from '../traffic/recording.ts'
import { longestMs, shareMs } from '../waits.ts'

const BUCKETS = { full: 12, small: 2 }
/** Before each move: the same traffic, a moment earlier. A machine that others use is not the same minutes later. */
const REST_MS = 1_500
const WRITES_AROUND = 25
const MOST_WAIT_MS = 100
const MOST_SLOWER = 1.5

const bucketsOf = ({ isSmall }: Scale) => (isSmall ? BUCKETS.small : BUCKETS.full)

/** One bucket after the other goes to another server and back while its customers write to it. */
export const moveBucket: Drill = {
  summary: 'buckets go to other servers and back under those who write to them; no request fails and nothing is lost.',
  missing: (stage) => missingShards(stage) ?? missingRunner(stage),
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  prepare: (stage, scale) => fillBuckets(stage, scale, bucketsOf(scale)),
  async inject(stage, events, means) {
    const chosen = await chosenBuckets(stage(), means, bucketsOf(means))
    const seen: Seen = { atSwitch: [], others: [] }
    await whileOwnersWatched(stage, means, async () => {
      for (const direction of ['--to', '--back'] as const) {
        for (const one of chosen) await moveUnderWriters({ stage, one }, direction, { events, means, seen })
      }
      await sleep(REST_MS)
      events.push(eventNow('what was left behind begins to be dropped', 'reshard'))
      for (const one of chosen) await finish({ stage, one })
      events.push(eventNow('the last move is finished', 'reshard'))
    })
    for (const one of chosen) means.wrong.push(...(await leftBehind({ stage, one })))
    means.figures.push(...waitFigures(seen))
    means.wrong.push(...judgeWaits(seen))
  },
  figures: (sent, events) => [slowdownText(slowdownOf(sent, events))],
  judge: judgeSlowdown,
  unprotected: [{ set: ['moves=unfenced'], finds: 'acknowledged write missing' }],
}

/** Writes to the buckets that were moved: those that met a fence, and all others. */
type Seen = { readonly atSwitch: Write[]; readonly others: Write[] }
type Watching = { readonly events: FaultEvent[]; readonly means: Means; readonly seen: Seen }

async function moveUnderWriters(moving: Moving, direction: Direction, { events, means, seen }: Watching): Promise<void> {
  const { stage, one } = moving
  const writers = startWriters(means.rush, one)
  try {
    await writers.goOn(WRITES_AROUND)
    await sleep(REST_MS)
    events.push(eventNow(`${bucketSchema(one.bucket)} begins to move ${direction}`, 'reshard'))
    const mover = await move(moving, direction)
    events.push(eventNow(`${bucketSchema(one.bucket)} has moved`, 'reshard'))
    await writers.goOn(WRITES_AROUND)
    const atSwitch = new Set(writesAtSwitch(writers.writes, mover))
    seen.atSwitch.push(...atSwitch)
    seen.others.push(...writers.writes.filter((write) => !atSwitch.has(write)))
    say(`${bucketSchema(one.bucket)} ${direction}: longest write ${longestMs([...atSwitch])} ms at the switch`)
  } finally {
    means.wrong.push(...(await writers.stop(stage())))
  }
}

function waitFigures({ atSwitch, others }: Seen): string[] {
  const usual = `${shareMs(others, 0.5)}, ${shareMs(others, 0.99)}, ${longestMs(others)} ms`
  return [
    `longest write at a switch: ${longestMs(atSwitch)} ms (${MOST_WAIT_MS} ms allowed); the others: median, p99, longest ${usual}`,
  ]
}

/** Where the machine itself lets writes wait for as long, nobody can tell what the fence adds. */
export function judgeWaits({ atSwitch, others }: Seen): string[] {
  const [wait, elsewhere] = [longestMs(atSwitch), longestMs(others)]
  if (wait <= Math.max(MOST_WAIT_MS, elsewhere)) return []
  return [
    `a write waited ${wait} ms at a switch, and at most ${MOST_WAIT_MS} ms are allowed; without one at most ${elsewhere} ms`,
  ]
}

/** With their own times, whatever is moved; log-ins are as slow as their hash. */
const COMPARED: readonly Operation[] = ['page', 'order', 'payment', 'cancellation', 'own order', 'own orders', 'who am I']

type Slowdown = { readonly before: readonly Sent[]; readonly during: readonly Sent[] }

/** What everybody else saw: each move is two events. */
function slowdownOf(sent: readonly Sent[], events: readonly FaultEvent[]): Slowdown {
  const moves = events.flatMap(({ at: from }, index) => {
    const to = events[index + 1]?.at
    return index % 2 === 0 && to !== undefined ? [{ from, to }] : []
  })
  const compared = sent.filter(({ operation }) => COMPARED.includes(operation))
  return {
    before: compared.filter(({ startedAt: at }) => moves.some(({ from }) => at >= from - REST_MS && at < from)),
    during: compared.filter(({ startedAt: at }) => moves.some(({ from, to }) => at >= from && at < to)),
  }
}

function slowdownText({ before, during }: Slowdown): string {
  return `p99 of all other requests: ${shareMs(before, 0.99)} ms between the moves (${before.length}), ${shareMs(during, 0.99)} ms while buckets move (${during.length})`
}

/** Of fewer a p99 is two or three requests. */
const LEAST_COMPARED = 500

export function judgeSlowdown(sent: readonly Sent[], events: readonly FaultEvent[]): string[] {
  const { before, during } = slowdownOf(sent, events)
  const ratio = shareMs(during, 0.99) / shareMs(before, 0.99)
  if (Math.min(before.length, during.length) < LEAST_COMPARED || ratio <= MOST_SLOWER) return []
  return [
    `others were slower while buckets moved: p99 ${ratio.toFixed(2)} times what it was, and at most ${MOST_SLOWER} are allowed`,
  ]
}
