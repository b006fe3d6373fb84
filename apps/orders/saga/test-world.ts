/** A world whose every delay, loss and death follows from one number: it happens again in the same way for the same number. */
import { refuseLate } from '../../platform/http/deadline.ts'
import { seededRandom } from '../../platform/process/random.ts'

/** One that answers `quiet` has set nothing off that would have to be waited for. */
type Event = { readonly at: number; readonly run: () => unknown }

export type World = {
  readonly random: () => number
  readonly violations: string[]
  readonly trace: string[]
  now(): number
  after(milliseconds: number, run: Event['run']): void
  /** Until there is nothing left to happen by then, or something has gone wrong. */
  run(untilMs: number): Promise<void>
  /** A whole number from 0 on. */
  pick(below: number): number
  chance(probability: number): boolean
  note(text: string): void
}

export function makeWorld(seed: number): World {
  const random = seededRandom(seed)
  const events: Event[] = []
  const violations: string[] = []
  const trace: string[] = []
  let now = 0
  return {
    ...{ random, violations, trace },
    now: () => now,
    after: (milliseconds, run) => void insert(events, { at: now + milliseconds, run }),
    async run(untilMs) {
      for (let event = events.pop(); event && event.at <= untilMs && violations.length === 0; event = events.pop()) {
        now = event.at
        if (event.run() !== 'quiet') await settled()
      }
    },
    pick: (below) => Math.floor(random() * below),
    chance: (probability) => random() < probability,
    note: (text) => void trace.push(`${(now / 1_000).toFixed(3)} ${text}`),
  }
}

/** The next is the last; of two at one moment the one that was planned first comes first. */
function insert(events: Event[], event: Event): void {
  let place = events.length
  while (place > 0 && (events[place - 1] as Event).at <= event.at) place -= 1
  events.splice(place, 0, event)
}

/** Until all that was set off waits for another event. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** From its birth to its death; whoever takes its place is another. */
export type Process = { readonly name: string; isAlive: boolean }

/** What a store is to whoever asks over the network. */
export type Link = {
  readonly world: World
  readonly process: Process
  /** From then on nothing is lost, late or doubled. */
  readonly healsAtMs: number
  /** Of all that is asked until then, the part that takes seconds. */
  readonly slowness: number
  /** The store cannot be asked now. */
  isDown(): boolean
}

const GIVES_UP_MS = 5_000

/** The same part, asked over the network: what is asked may be done or not, once or twice, and the answer may come, be late, or never. */
export function overNetwork<Part extends object>(part: Part, names: readonly (keyof Part & string)[], link: Link): Part {
  const remote = names.map((name) => {
    const work = part[name] as (...args: unknown[]) => Promise<unknown>
    return [name, async (...args: unknown[]) => ask(link, name, () => work(...args))]
  })
  return Object.fromEntries(remote)
}

function ask(link: Link, name: string, work: () => Promise<unknown>): Promise<unknown> {
  const { world, process } = link
  refuseLate()
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const fate = fateOf(link)
  const tell = (how: () => void) => {
    if (process.isAlive) how()
  }
  const carryOut = async (): Promise<unknown> => {
    if (link.isDown()) throw new Error(`${name}: the store is down`)
    return work()
  }
  const answered = () => {
    const done = carryOut()
    done.catch(() => undefined)
    if (fate.isAnswerLost) return
    const back = delay(link)
    world.after(back, () =>
      done.then(
        (value) => tell(() => resolve(value)),
        (error) => tell(() => reject(error)),
      ),
    )
  }
  const there = delay(link)
  if (!fate.isLost) world.after(there, answered)
  if (fate.isDoubled) world.after(there + longDelay(link), () => void carryOut().catch(() => undefined))
  if (fate.isLost || fate.isAnswerLost) world.after(GIVES_UP_MS, () => tell(() => reject(new Error(`${name}: no answer`))))
  return promise
}

function fateOf({ world, healsAtMs }: Link) {
  const roll = world.now() < healsAtMs ? world.random() : 1
  return { isLost: roll < 0.04, isAnswerLost: roll >= 0.04 && roll < 0.1, isDoubled: roll >= 0.08 && roll < 0.14 }
}

/** Mostly none to speak of. */
function delay(link: Link): number {
  const { world, healsAtMs, slowness } = link
  const roll = world.random()
  if (world.now() < healsAtMs && roll < slowness) return longDelay(link)
  return roll < 0.75 ? 1 + world.pick(20) : world.pick(400)
}

export const LONGEST_DELAY_MS = 4_000

function longDelay({ world }: Link): number {
  return world.pick(LONGEST_DELAY_MS)
}
