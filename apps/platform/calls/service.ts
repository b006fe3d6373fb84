/** The copies of one service, as one. */
import { ShopError } from '../http/errors.ts'
import { Control } from './control.ts'
import { type Answered, Copy, MOST_AT_ONCE, type Patience, type Place, type Sent, wasNotSent } from './copy.ts'

export type Answer = Answered & {
  readonly from: string
  /** To be called when the body has been read, or is not wanted any more. */
  done(): void
}

export type Sending = {
  readonly withinMs: number
  /** Aborting it breaks off the work, as nobody waits for it any more. */
  readonly signal?: AbortSignal
  /** The answer has no end of its own: `withinMs` is for its beginning. */
  readonly isEndless?: boolean
}

export interface Service {
  /**
   * Sends the request to the copy that has least to do, and to the next where nothing listens. Throws UNAVAILABLE where none takes it, or
   * the answer is late; that does not say that nothing was done.
   */
  send(sent: Sent, sending: Sending): Promise<Answer>
  isUp(): boolean
  /** Goes over to these copies: a new one gets its share at once, and one that is none of them ends what it has and gets nothing more. */
  change(places: readonly Place[]): void
  copies(): Copies
  close(): Promise<void>
}

/** Names of those that are asked, and of those that still end what they have. */
export type Copies = { readonly asked: readonly string[]; readonly leaving: readonly string[] }

export function connectService(name: string, places: readonly Place[], patience: Patience): Service {
  let copies = places.map((place) => new Copy(place, patience))
  const leaving = new Set<Copy>()
  let turn = 0
  const choose = (refused: ReadonlySet<Copy>) => {
    const others = copies.filter((copy) => !refused.has(copy))
    const up = others.filter((copy) => copy.isUp)
    turn += 1
    // Where all seem to be down asking any of them is better than asking none.
    return leastBusy(up.length > 0 ? up : others, turn)
  }
  return {
    async send(sent, sending) {
      const refused = new Set<Copy>()
      for (let copy = choose(refused); copy; copy = choose(refused)) {
        try {
          return await ask(copy, sent, sending)
        } catch (error) {
          if (!wasNotSent(error)) throw unavailable(name, error)
          refused.add(copy)
        }
      }
      throw unavailable(name)
    },
    isUp: () => copies.some((copy) => copy.isUp),
    change(now) {
      const known = new Map(copies.map((copy) => [copy.name, copy]))
      copies = now.map((place) => known.get(place.name) ?? new Copy(place, patience))
      for (const copy of known.values()) {
        if (copies.includes(copy)) continue
        leaving.add(copy)
        void copy.leave().finally(() => leaving.delete(copy))
      }
    },
    copies: () => ({ asked: namesOf(copies), leaving: namesOf([...leaving]) }),
    close: async () => void (await Promise.all([...copies, ...leaving].map((copy) => copy.close()))),
  }
}

function namesOf(copies: readonly Copy[]): string[] {
  return copies.map(({ name }) => name)
}

/** Of several that have as little to do, each in its turn. */
function leastBusy(copies: readonly Copy[], turn: number): Copy | undefined {
  const inTurn = copies.map((_, index) => copies[(turn + index) % copies.length] as Copy)
  return inTurn.reduce<Copy | undefined>((best, copy) => (best && best.underWay <= copy.underWay ? best : copy), undefined)
}

async function ask(copy: Copy, sent: Sent, { withinMs, signal, isEndless }: Sending): Promise<Answer> {
  if (copy.underWay >= MOST_AT_ONCE) throw new ShopError('UNAVAILABLE', `${copy.name} has too much to do`, { retryAfterS: 1 })
  const control = new Control(withinMs)
  const leave = () => control.abort(signal?.reason)
  if (signal?.aborted) leave()
  signal?.addEventListener('abort', leave, { once: true })
  const done = () => {
    signal?.removeEventListener('abort', leave)
    copy.done(control)
  }
  try {
    const answered = await copy.send(sent, control)
    if (isEndless) control.endsAt = Number.POSITIVE_INFINITY
    return { ...answered, from: copy.name, done }
  } catch (error) {
    done()
    throw error
  }
}

function unavailable(name: string, cause?: unknown): ShopError {
  if (cause instanceof ShopError) return cause
  return new ShopError('UNAVAILABLE', `${name} does not answer`, { retryAfterS: 1, cause })
}
