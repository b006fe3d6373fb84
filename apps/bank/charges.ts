import { setTimeout as sleep } from 'node:timers/promises'
import type { Charge, Ledger } from './ledger.ts'

export type ChargeRequest = Pick<Charge, 'key' | 'reference' | 'card' | 'amountCents'>
export type Charged = { readonly charge: Charge; readonly replayed: boolean }

/** Thrown where a key comes again with something else. */
export class KeyReused extends Error {
  override readonly name = 'KeyReused'
}

const SLOW_CARD_MS = 2_000

/** Charges once for each key: a key that is known, or under way, is answered with its first charge. */
export function makeCharges(ledger: Ledger) {
  let delayMs = 0
  const underWay = new Map<string, { request: ChargeRequest; charge: Promise<Charge> }>()
  const charge = async (request: ChargeRequest): Promise<Charged> => {
    const known = ledger.find(request.key)
    if (known) return { charge: sameOrThrow(known, request), replayed: true }
    const first = underWay.get(request.key)
    if (first && sameOrThrow(first.request, request)) return { charge: await first.charge, replayed: true }
    const deciding = decide(ledger, request, delayMs)
    underWay.set(request.key, { request, charge: deciding })
    try {
      return { charge: await deciding, replayed: false }
    } finally {
      underWay.delete(request.key)
    }
  }
  return {
    charge,
    /** From now on each charge takes so long at the least. */
    slowDown(ms: number) {
      delayMs = ms
    },
    /** Returns when those that are under way now have come to their end. */
    settled: async () => void (await Promise.allSettled([...underWay.values()].map((one) => one.charge))),
  }
}

function sameOrThrow<Known extends ChargeRequest>(known: Known, { amountCents, reference, card }: ChargeRequest): Known {
  const same = known.amountCents === amountCents && known.reference === reference && known.card === card
  if (!same) throw new KeyReused('this key came with another charge before')
  return known
}

/** Cards that nobody issued are declined, like real ones. */
const GOOD_CARDS = new Set(['tok_approved', 'tok_slow', 'tok_lost_reply'])

async function decide(ledger: Ledger, request: ChargeRequest, delayMs: number): Promise<Charge> {
  const takesMs = Math.max(delayMs, request.card === 'tok_slow' ? SLOW_CARD_MS : 0)
  if (takesMs > 0) await sleep(takesMs)
  const status = GOOD_CARDS.has(request.card) ? 'captured' : 'declined'
  const charge = { chargeId: `chg_${crypto.randomUUID()}`, ...request, status } as const
  await ledger.append(charge)
  return charge
}
