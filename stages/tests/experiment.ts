/** What experiments do to a stage, and how they see what it does. */
import { afterAll, beforeAll } from 'vitest'
import { clientOf } from '../contract/client.ts'
import { adminOf, newShopper } from '../contract/people.ts'
import type { List, ListedProduct, ProductPage } from '../contract/shapes.ts'
import { type RunningStage, type RunningStages, startStages } from './running-stages.ts'

/** Changed by experiments alone. */
const CATEGORY = 'cat_47'

/** Starts a stage for the tests of a `describe` and ends it after them. */
export function startedStage(number: number, set: readonly string[]): () => RunningStage {
  let stages: RunningStages | undefined
  beforeAll(async () => {
    stages = await startStages([number], set)
  }, 600_000)
  afterAll(() => stages?.stop(), 60_000)
  return () => {
    const [stage] = stages?.list ?? []
    if (stage === undefined) throw new Error('the stage was not started')
    return stage
  }
}

/** Statuses of 12 requests one after another with the cookie of one log-in. */
export async function logInsKnown(stage: RunningStage): Promise<number[]> {
  const { client } = await newShopper(stage)
  const sid = client.sid
  const statuses: number[] = []
  for (let count = 0; count < 12; count++) {
    client.sid = sid
    statuses.push((await client.get('/sessions/current')).status)
  }
  return statuses
}

export const [PRICE_BEFORE, PRICE_AFTER] = [11_100, 22_200]

/** The prices that 12 reads show after a change of which the writer was told that it is done, lowest first, each once. */
export async function pricesShown(stage: RunningStage): Promise<number[]> {
  const { items } = (await clientOf(stage).get<List<ListedProduct>>(`/products?category=${CATEGORY}&limit=100`)).body
  const { id, priceCents } = items[Math.floor(Math.random() * items.length)] ?? { id: 'none', priceCents: 0 }
  await setPrice(stage, id, PRICE_BEFORE)
  for (let count = 0; count < 12; count++) await clientOf(stage).get(`/products/${id}`)
  await setPrice(stage, id, PRICE_AFTER)
  const prices = new Set<number>()
  for (let count = 0; count < 12; count++) prices.add((await clientOf(stage).get<ProductPage>(`/products/${id}`)).body.priceCents)
  await setPrice(stage, id, priceCents)
  return [...prices].sort((a, b) => a - b)
}

/** Asks until the app is met that knows the administrator's log-in: where sessions are in memory, it is one of three. */
async function setPrice(stage: RunningStage, id: string, priceCents: number): Promise<void> {
  const admin = await adminOf(stage)
  for (let attempt = 0; attempt < 6; attempt++) {
    const { status } = await admin.patch(`/products/${id}`, { priceCents })
    if (status === 200) return
  }
  throw new Error(`no app let the administrator change ${id}`)
}
