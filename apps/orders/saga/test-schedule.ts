/** Customers who order, repeat themselves, cancel and pay in a world of faults, and two apps that serve them and sweep. */
import { beforeDeadline, REQUEST_LASTS_MS } from '../../platform/http/deadline.ts'
import { memoryStock } from '../../products/stock/test-memory-stock.ts'
import type { OrderItem } from '../order.ts'
import { checkoutSaga, type SagaParts } from './checkout-saga.ts'
import type { SagaOrders } from './saga-orders.ts'
import { sweep } from './sweeper.ts'
import { type Attempt, finalFaults, type Scene, watchedOrders, watchedStock } from './test-invariants.ts'
import { memorySagaOrders } from './test-memory-saga-orders.ts'
import type { Mistake } from './test-mistakes.ts'
import { LONGEST_DELAY_MS, makeWorld, overNetwork, type Process, type World } from './test-world.ts'

const PRODUCTS = { prd_a: { stock: 2, priceCents: 100 }, prd_b: { stock: 3, priceCents: 250 } }
const SHELF = new Map(Object.entries(PRODUCTS).map(([id, { stock }]) => [id, stock]))
const STOCK_CALLS = ['take', 'giveBack', 'keep', 'unsettled', 'outlived', 'forget'] as const
const ORDER_CALLS = ['intend', 'place', 'refuse', 'find', 'cancel', 'settle', 'states', 'leftovers'] as const

const REQUESTS_WITHIN_MS = 5_000
const SWEEP_EVERY_MS = 1_000
const USUAL_SLOWNESS = 0.06
const GREAT_SLOWNESS = 0.5
const FAULTS_UNTIL_MS = 16_000
/** By then a sweep has kept the pieces of an order that was placed. */
const KEPT_MS = REQUEST_LASTS_MS + SWEEP_EVERY_MS
/** Then the last of what was late or doubled has arrived. */
const QUIET_AT_MS = FAULTS_UNTIL_MS + 2 * LONGEST_DELAY_MS + REQUEST_LASTS_MS
/** What was left is ended within ten seconds. */
const OVER_AT_MS = QUIET_AT_MS + 10_000

/** A request's last call begins before it is over, and arrives so much later. */
const REMEMBERED_MS = REQUEST_LASTS_MS + 2 * LONGEST_DELAY_MS

export type Outcome = { readonly faults: readonly string[]; readonly trace: readonly string[] }

export async function runSchedule(seed: number, mistake: Mistake = {}): Promise<Outcome> {
  const world = makeWorld(seed)
  const now = performance.now
  // Deadlines of requests go by it.
  performance.now = world.now
  // It says when somebody has to look, and nothing about what became of an order: so it may be any.
  const expiryMs = world.pick(REQUEST_LASTS_MS)
  try {
    const scene: Scene = {
      world,
      stock: memoryStock(PRODUCTS, { now: world.now, expiryMs, rememberedMs: REMEMBERED_MS, ...mistake.stock }),
      orders: memorySagaOrders({ now: world.now, ...mistake.orders }),
      attempts: new Map(),
      cancelled: new Set(),
    }
    const town = new Town(scene, mistake)
    town.plan()
    await world.run(OVER_AT_MS)
    const faults = world.violations.length > 0 ? world.violations : finalFaults(scene, SHELF)
    return { faults, trace: world.trace }
  } finally {
    performance.now = now
  }
}

type RunningApp = { readonly process: Process; readonly parts: SagaParts }

class Town {
  readonly #scene: Scene
  readonly #world: World
  readonly #mistake: Mistake
  readonly #apps: RunningApp[] = []
  readonly #baskets: readonly (readonly OrderItem[])[]
  readonly #downUntil = { stock: 0, orders: 0 }
  readonly #shelf: ReturnType<typeof watchedStock>
  readonly #slowness: number
  #serial = 0

  constructor(scene: Scene, mistake: Mistake) {
    this.#scene = scene
    this.#world = scene.world
    this.#mistake = mistake
    this.#shelf = watchedStock(scene)
    this.#slowness = scene.world.chance(0.2) ? GREAT_SLOWNESS : USUAL_SLOWNESS
    this.#baskets = Array.from({ length: 3 }, () => this.#basket())
  }

  plan(): void {
    const { pick, chance, after } = this.#world
    for (const slot of [0, 1]) {
      this.#start(slot)
      if (chance(0.5)) after(pick(FAULTS_UNTIL_MS), () => this.#crash(slot))
    }
    for (const store of ['stock', 'orders'] as const) if (chance(0.3)) after(pick(FAULTS_UNTIL_MS), () => this.#outage(store))
    for (let count = 3 + pick(4); count > 0; count -= 1) after(pick(REQUESTS_WITHIN_MS), () => this.#order())
  }

  #basket(): OrderItem[] {
    const { pick, chance } = this.#world
    const items = [...SHELF.keys()].filter(() => chance(0.6)).map((productId) => ({ productId, quantity: 1 + pick(2) }))
    return items.length > 0 ? items : [{ productId: 'prd_a', quantity: 2 }]
  }

  #start(slot: number): void {
    this.#serial += 1
    const process = { name: `app-${slot + 1} (${this.#serial})`, isAlive: true }
    this.#apps[slot] = { process, parts: this.#partsOf(process, 'request') }
    this.#sweepNow(process, this.#partsOf(process, 'sweeper'))
  }

  #partsOf(process: Process, by: 'request' | 'sweeper'): SagaParts {
    const link = (store: 'stock' | 'orders') => {
      const isDown = () => this.#world.now() < this.#downUntil[store]
      return { world: this.#world, process, healsAtMs: FAULTS_UNTIL_MS, slowness: this.#slowness, isDown }
    }
    const orders = overNetwork(watchedOrders(this.#scene, by), ORDER_CALLS, link('orders'))
    const parts = { stock: overNetwork(this.#shelf, STOCK_CALLS, link('stock')), orders: tellingWhatIsMissing(orders) }
    return this.#mistake.harm?.(parts, this.#scene) ?? parts
  }

  /** Again and again until the process ends, and never twice at once. */
  #sweepNow(process: Process, parts: SagaParts): void {
    let isSweeping = false
    const tick = () => {
      if (!process.isAlive) return 'quiet'
      this.#world.after(SWEEP_EVERY_MS, tick)
      if (isSweeping || !this.#isAnythingDue()) return 'quiet'
      isSweeping = true
      const isOver = () => {
        isSweeping = false
      }
      sweep(parts, () => !process.isAlive).then(isOver, isOver)
    }
    this.#world.after(this.#world.pick(SWEEP_EVERY_MS), tick)
  }

  /** A sweep that finds nothing does nothing: it need not be played. */
  #isAnythingDue(): boolean {
    const { world, stock, orders } = this.#scene
    for (const { expiresAt } of stock.reservations.values()) if (expiresAt <= world.now()) return true
    for (const { pendingUntil } of orders.keys.values())
      if (pendingUntil !== undefined && pendingUntil <= world.now()) return true
    for (const dueAt of orders.owed.values()) if (dueAt <= world.now()) return true
    return false
  }

  #crash(slot: number): void {
    const app = this.#apps[slot]
    if (!app) return
    app.process.isAlive = false
    this.#world.note(`${app.process.name} dies`)
    this.#world.after(200 + this.#world.pick(3_000), () => this.#start(slot))
  }

  #outage(store: 'stock' | 'orders'): void {
    this.#downUntil[store] = this.#world.now() + 500 + this.#world.pick(6_000)
    this.#world.note(`${store} cannot be asked`)
  }

  #living(): RunningApp | undefined {
    const app = this.#apps[this.#world.pick(2)]
    return app?.process.isAlive ? app : undefined
  }

  #order(): void {
    const app = this.#living()
    if (!app) return
    const { world, attempts } = this.#scene
    const basket = world.pick(this.#baskets.length)
    const request = { userId: 'usr_a_01', key: `k${basket}`, requestHash: Buffer.alloc(32, basket) }
    this.#serial += 1
    const items = this.#baskets[basket] ?? []
    const orderId = `ord_${String(this.#serial).padStart(4, '0')}_01`
    const attempt: Attempt = { orderId, request, items, process: app.process, beganAt: world.now() }
    attempts.set(orderId, attempt)
    world.note(`${request.key} is asked for as ${orderId} at ${app.process.name}`)
    const checkout = checkoutSaga(app.parts, () => orderId)
    beforeDeadline(world.now() + REQUEST_LASTS_MS, () => checkout.place(request, { items })).then(
      (answer) => {
        attempt.told = { at: world.now(), answer }
        world.note(`${orderId} is answered: ${answer.value.id}`)
        if (!answer.replayed) world.after(world.pick(1_500) + world.pick(2) * KEPT_MS, () => this.#goOn(answer.value.id))
      },
      (error: Error) => {
        attempt.told = { at: world.now(), answer: error }
        world.note(`${orderId} is answered: ${error.message}`)
      },
    )
  }

  /** Once an order is placed somebody may pay or cancel it, or do neither, or both. */
  #goOn(id: string): void {
    const { world, orders } = this.#scene
    if (world.chance(0.6)) this.#cancel(id)
    if (world.chance(0.7)) return
    world.after(world.pick(200), () => {
      if (!orders.pay(id, 'payment begun')) return
      world.after(world.pick(1_500), () => orders.pay(id, world.chance(0.7) ? 'card charged' : 'card declined'))
    })
  }

  #cancel(id: string): void {
    const app = this.#living()
    if (!app) return
    const { world, cancelled } = this.#scene
    const checkout = checkoutSaga(app.parts, () => '')
    world.note(`${id} is to be cancelled at ${app.process.name}`)
    beforeDeadline(world.now() + REQUEST_LASTS_MS, () => checkout.cancel('usr_a_01', id)).then(
      () => void cancelled.add(id),
      (error: Error) => world.note(`${id} is not known to be cancelled: ${error.message}`),
    )
  }
}

/** As the orders in databases do where one of those does not answer. */
function tellingWhatIsMissing(orders: SagaOrders): SagaOrders {
  return {
    ...orders,
    states: (ids) => orders.states(ids).catch(() => new Map()),
    leftovers: () => orders.leftovers().catch((reason) => ({ intents: [], owed: [], missing: [{ name: 'people', reason }] })),
  }
}
