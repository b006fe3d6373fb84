import type { Fault, Finding } from '../invariants/finding.ts'
import { sightingsOf } from '../invariants/sightings.ts'
import type { Recording } from './traffic/recording.ts'

/** What was acknowledged during a drill, and how much of what must not be was found. */
export type Counts = Readonly<Record<Acknowledged | Breach, number>>
type Acknowledged =
  | 'orders'
  | 'cancellations'
  | 'payments'
  | 'declined'
  | 'prices'
  | 'carts'
  | 'logIns'
  | 'logOuts'
  | 'unknownOutcomes'
  | 'sentAgain'
  | 'readsOfOwnWrites'
type Breach =
  | 'lostOrders'
  | 'lostPayments'
  | 'lostPrices'
  | 'lostCarts'
  | 'wrongCharges'
  | 'oversold'
  | 'unexplained'
  | 'leftOver'
  | 'staleOrders'
  | 'stalePrices'
  | 'staleCarts'
  | 'revokedSessionsSeen'
  | 'sessionsLost'
  | 'sessionsLostInWindow'
  | 'keysAnsweredDifferently'
  | 'lostEvents'
  | 'wrongEvents'

/** Every fault is counted under one name. */
const BREACHES: Readonly<Record<Fault, Breach>> = {
  'acknowledged order missing': 'lostOrders',
  'acknowledged order changed': 'lostOrders',
  'order not as asked for': 'lostOrders',
  'order cancelled unasked': 'unexplained',
  'acknowledged order twice': 'keysAnsweredDifferently',
  'acknowledged cancellation missing': 'lostOrders',
  'order gone': 'lostOrders',
  'acknowledged payment missing': 'lostPayments',
  'acknowledged payment changed': 'lostPayments',
  'acknowledged price missing': 'lostPrices',
  'acknowledged cart item missing': 'lostCarts',
  'cart item there again': 'lostCarts',
  'order charged twice': 'wrongCharges',
  'charge of another amount': 'wrongCharges',
  'charge without paid order': 'wrongCharges',
  'charge nobody asked for': 'wrongCharges',
  'refused payment charged': 'wrongCharges',
  'card answered wrongly': 'wrongCharges',
  'paid order without charge': 'wrongCharges',
  'payment not settled': 'wrongCharges',
  'stock below zero': 'oversold',
  'stock not conserved': 'oversold',
  'product gone': 'oversold',
  'refused order there': 'unexplained',
  'unexplained order': 'unexplained',
  'total is not the sum of its lines': 'unexplained',
  'checkout not ended': 'leftOver',
  'stale read of an order': 'staleOrders',
  'read went backwards': 'staleOrders',
  'stale read of a price': 'stalePrices',
  'stale read of a cart': 'staleCarts',
  'revoked session seen': 'revokedSessionsSeen',
  'session lost': 'sessionsLost',
  'key answered differently': 'keysAnsweredDifferently',
  'event not handled': 'lostEvents',
  'event handled wrongly': 'wrongEvents',
  'sales counted wrongly': 'wrongEvents',
}

export function countsOf({ lines, sightings }: Recording, findings: readonly Finding[], sessionsLostInWindow: number): Counts {
  const distinct = (kind: 'order' | 'payment' | 'begin' | 'info') =>
    new Set(lines.flatMap((line) => (line.kind === kind ? [line.key] : []))).size
  const of = (breach: Breach) => findings.filter(({ fault }) => BREACHES[fault] === breach).length
  const sessionEvents = (event: string) => sightingsOf(sightings, 'session').filter((one) => one.event === event).length
  return {
    orders: distinct('order'),
    cancellations: new Set(lines.flatMap((line) => (line.kind === 'cancellation' ? [line.orderId] : []))).size,
    payments: distinct('payment'),
    declined: new Set(lines.flatMap((line) => (line.kind === 'refused' && line.code === 'CARD_DECLINED' ? [line.key] : []))).size,
    prices: lines.filter(({ kind }) => kind === 'price').length,
    carts: lines.filter(({ kind }) => kind === 'cart').length,
    logIns: sessionEvents('begun'),
    logOuts: sessionEvents('ended'),
    unknownOutcomes: distinct('info'),
    sentAgain: lines.filter(({ kind }) => kind === 'begin').length - distinct('begin'),
    readsOfOwnWrites: sightingsOf(sightings, 'read').length,
    lostOrders: of('lostOrders'),
    lostPayments: of('lostPayments'),
    lostPrices: of('lostPrices'),
    lostCarts: of('lostCarts'),
    wrongCharges: of('wrongCharges'),
    oversold: of('oversold'),
    unexplained: of('unexplained'),
    leftOver: of('leftOver'),
    staleOrders: of('staleOrders'),
    stalePrices: of('stalePrices'),
    staleCarts: of('staleCarts'),
    revokedSessionsSeen: of('revokedSessionsSeen'),
    sessionsLost: of('sessionsLost'),
    sessionsLostInWindow,
    keysAnsweredDifferently: of('keysAnsweredDifferently'),
    lostEvents: of('lostEvents'),
    wrongEvents: of('wrongEvents'),
  }
}
