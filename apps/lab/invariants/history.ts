/** What the clients of a run were told, gathered from the lines that `loadtests/history.ts` writes. */
import type { HistoryLine } from '../../../loadtests/history.ts'
import { cartItem } from './snapshot.ts'

/** An order as somebody sent it. */
type Asked = Extract<HistoryLine, { kind: 'begin'; operation: 'order' }>
type PaymentAsked = Extract<HistoryLine, { kind: 'begin'; operation: 'payment' }>
type LineOf<Kind extends HistoryLine['kind']> = Extract<HistoryLine, { kind: Kind }>

export type History = {
  /** The accounts that the run used, which nobody else may use meanwhile. */
  readonly userIds: ReadonlySet<string>
  readonly orders: readonly LineOf<'order'>[]
  readonly payments: readonly LineOf<'payment'>[]
  readonly cancellations: readonly string[]
  /** What was asked for, by key. */
  readonly asked: ReadonlyMap<string, Asked>
  /** Keys of the payments that were asked for, by order. */
  readonly paymentsAsked: ReadonlyMap<string, readonly string[]>
  /** By the key of a payment. */
  readonly cards: ReadonlyMap<string, string>
  /** Keys of payments of which the shop said that their card was declined. */
  readonly declined: ReadonlySet<string>
  /** Orders whose cancellation was sent, whatever came of it. */
  readonly cancelling: ReadonlySet<string>
  /** Keys of orders and payments that were certainly refused. */
  readonly refused: ReadonlySet<string>
  /** Keys of orders sent whose outcome nobody knows. */
  readonly unknown: ReadonlySet<string>
  /** Pieces added by hand, by product; negative when taken away. */
  readonly stockChanges: ReadonlyMap<string, number>
  /** What was acknowledged last of each item of a cart, by user and product; without those of which something was sent since. */
  readonly carts: ReadonlyMap<string, number>
  /** The highest price that was acknowledged, by product. */
  readonly prices: ReadonlyMap<string, number>
}

/** Lines that are no history (a script's own messages) are passed over; a broken last line is what a killed k6 leaves. */
export function parseHistory(text: string): History {
  return historyOf(text.split('\n').flatMap(parseLine))
}

export function historyOf(lines: readonly HistoryLine[]): History {
  const of = <Kind extends HistoryLine['kind']>(kind: Kind) => lines.filter((line): line is LineOf<Kind> => line.kind === kind)
  // A request that was sent again after no answer may have had effect the first time, whatever the second one was told.
  const unanswered = new Set(of('info').map((line) => line.key))
  const refused = new Set(
    of('refused')
      .map((line) => line.key)
      .filter((key) => !unanswered.has(key)),
  )
  const answered = new Set([...refused, ...of('order').map((line) => line.key)])
  const begun = of('begin')
  const asked = new Map(begun.filter((line): line is Asked => line.operation === 'order').map((line) => [line.key, line]))
  const paymentsAsked = begun.filter((line): line is PaymentAsked => line.operation === 'payment')
  return {
    userIds: new Set(of('run').flatMap((line) => line.userIds)),
    orders: distinct(of('order')),
    payments: distinct(of('payment')),
    cancellations: of('cancellation').map((line) => line.orderId),
    asked,
    paymentsAsked: keysByOrder(paymentsAsked),
    cards: new Map(paymentsAsked.map(({ key, card }) => [key, card])),
    declined: new Set(
      of('refused')
        .filter(({ code }) => code === 'CARD_DECLINED')
        .map(({ key }) => key),
    ),
    cancelling: new Set(of('cancelling').map((line) => line.orderId)),
    refused,
    unknown: new Set([...asked.keys()].filter((key) => !answered.has(key))),
    stockChanges: stockChangesOf(of('stock')),
    carts: cartsAfter(lines),
    prices: highestPrices(of('price')),
  }
}

/** A request that was sent twice is answered twice. */
function distinct<Line extends { id: string; key: string }>(lines: readonly Line[]): Line[] {
  return [...new Map(lines.map((line) => [`${line.id} ${line.key}`, line])).values()]
}

function keysByOrder(lines: readonly PaymentAsked[]): Map<string, string[]> {
  const grouped = Map.groupBy(lines, ({ orderId }) => orderId)
  return new Map([...grouped].map(([orderId, own]) => [orderId, own.map(({ key }) => key)]))
}

function stockChangesOf(lines: readonly LineOf<'stock'>[]): Map<string, number> {
  const changes = new Map<string, number>()
  for (const { productId, was, is } of lines) changes.set(productId, (changes.get(productId) ?? 0) + is - was)
  return changes
}

function cartsAfter(lines: readonly HistoryLine[]): Map<string, number> {
  const carts = new Map<string, number>()
  for (const line of lines) {
    if (line.kind === 'carting') carts.delete(cartItem(line.userId, line.productId))
    if (line.kind === 'cart') carts.set(cartItem(line.userId, line.productId), line.quantity)
  }
  return carts
}

function highestPrices(lines: readonly LineOf<'price'>[]): Map<string, number> {
  const prices = new Map<string, number>()
  for (const { productId, priceCents } of lines) prices.set(productId, Math.max(priceCents, prices.get(productId) ?? 0))
  return prices
}

function parseLine(line: string): HistoryLine[] {
  if (!line.startsWith('{"kind":')) return []
  try {
    return [JSON.parse(line) as HistoryLine]
  } catch {
    return []
  }
}
