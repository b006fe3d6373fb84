/**
 * One hot product, a hundred pieces, thousands of buyers: exactly a hundred may be sold.
 *
 *     k6 run -e BASE_URL=http://127.0.0.1:4003 -e RATE=100 -e DURATION=20s loadtests/flash-sale.ts
 */
import { Counter } from 'k6/metrics'
import { order } from './buying.ts'
import { record } from './history.ts'
import { loadOptions, runJourney } from './journey.ts'
import { loadSettings } from './settings.ts'
import { type Answer, bodyOf, send, type Visit } from './shop.ts'
import { logInAdmin, logInShoppers, type Shoppers, shopperOf } from './shoppers.ts'
import { WORKLOADS } from './workloads.ts'

const PIECES = 100
const HOT_PRODUCT = 'prd_00001'
const PATH = `/products/${HOT_PRODUCT}`
/** Journeys that have begun may take so long. */
const LAST_JOURNEYS_S = 30

const settings = loadSettings(__ENV, WORKLOADS['flash-sale'])
const sold = new Counter('pieces_sold')

export const options = loadOptions(settings, {
  pieces_sold: [`count==${PIECES}`],
  // Without buyers who come too late it was no sale to fight for.
  'journeys_sold_out{scenario:measured}': ['count>0'],
})

type FlashSale = Shoppers & { readonly stockBefore: number }

export function setup(): FlashSale {
  const shoppers = logInShoppers(settings)
  const stockBefore = openSale(logInAdmin(settings.baseUrl))
  return { ...shoppers, stockBefore }
}

export default function flashSaleJourney(shoppers: FlashSale): void {
  const { visit, key } = shopperOf(shoppers, settings)
  runJourney('flash-sale', visit, () => {
    order(visit, { items: [{ productId: HOT_PRODUCT, quantity: 1 }] }, key)
    sold.add(1)
  })
}

/** Puts back what stood aside during the sale, so that the next load finds full shelves. Nothing is sold meanwhile. */
export function teardown({ stockBefore }: FlashSale): void {
  const admin = logInAdmin(settings.baseUrl)
  const left = stockOf(admin)
  const stock = stockBefore - PIECES + left
  expectStatus(send(admin, 'PATCH', PATH, 'PATCH /products/:id', { body: { stock } }), 200)
  record({ kind: 'stock', productId: HOT_PRODUCT, was: left, is: stock })
}

/** The stock becomes what is for sale; returns the stock that was there. */
function openSale(admin: Visit): number {
  const was = stockOf(admin)
  const lastsS = settings.warmUpS + settings.durationS + LAST_JOURNEYS_S
  const body = { pieces: PIECES, endsAt: new Date(Date.now() + 1_000 * lastsS).toISOString() }
  expectStatus(
    send(admin, 'POST', `${PATH}/flash-sale`, 'POST /products/:id/flash-sale', { body, key: `sale-${Date.now()}` }, 201),
    201,
  )
  record({ kind: 'stock', productId: HOT_PRODUCT, was, is: PIECES })
  return was
}

function stockOf(admin: Visit): number {
  const stock = bodyOf<{ stock: number }>(send(admin, 'GET', PATH, 'GET /products/:id'))?.stock
  if (stock === undefined) throw new Error(`GET ${PATH} gave no stock`)
  return stock
}

function expectStatus({ status, url }: Answer, wanted: number): void {
  if (status !== wanted) throw new Error(`${url}: status ${status} instead of ${wanted}`)
}
