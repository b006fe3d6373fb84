/** Two kinds of skew on a stage of its own: a customer whom the move of one bucket relieves, and a product whom no server more does. */
import type { Draw } from '../../../loadtests/popularity.ts'
import type { Shopper } from '../../../loadtests/shop.ts'
import { bucketOfUser } from '../../platform/process/buckets.ts'
import { empty } from '../reshard/many-buckets.ts'
import { moveTo } from '../reshard/one-bucket.ts'
import { placeOf } from '../reshard/place.ts'
import { say } from '../runner/command.ts'
import { bucketsOfStage } from '../runner/stage-buckets.ts'
import type { Buying } from './buyers.ts'
import { type Means, measureRow } from './measure.ts'
import type { SkewResults, SkewRow } from './results.ts'
import { evenProduct, measureTakes } from './takes.ts'

/** How often the busy customer orders, for each time that another does. */
const TIMES = 1_000
const HOT_PRODUCT = 'prd_00001'
const HOT_PRODUCT_SHARE = 0.5

/** The first of the shoppers is the busy one. The buckets stay where they were moved to. */
export async function measureSkew(means: Means, shoppers: readonly Shopper[]): Promise<SkewResults> {
  const { stage, seconds, signal } = means
  const product = await measureProduct(means, shoppers)
  say('the catalogue alone: one row, and a thousand')
  const takesPerS = await measureTakes({ stage, seconds, hot: HOT_PRODUCT, signal })
  const customer = await measureCustomer(means, shoppers)
  const hotShare = TIMES / (TIMES + shoppers.length - 1)
  return {
    stage: stage.name,
    customers: shoppers.length,
    secondsEach: seconds,
    times: TIMES,
    hotShare,
    customer,
    product,
    takesPerS,
  }
}

async function measureProduct(means: Means, shoppers: readonly Shopper[]): Promise<SkewResults['product']> {
  const row = rowBy(means)
  const hot = (draw: Draw) => (draw() < HOT_PRODUCT_SHARE ? HOT_PRODUCT : evenProduct(draw))
  const [first] = (await bucketsOfStage(means.stage)).flatMap(({ servers }) => servers)
  const onOne = shoppers.filter(({ userId }) => first?.buckets.includes(bucketOfUser(userId)))
  return {
    alike: await row('a thousand products alike', { who: anyOf(shoppers), what: evenProduct }),
    onOne: await row('half of it one product, customers on one server', { who: anyOf(onOne), what: hot }),
    onAll: await row('half of it one product, customers on all servers', { who: anyOf(shoppers), what: hot }),
  }
}

/** A server that has nothing yet stands beside the others, as one does that was just added. */
async function measureCustomer(means: Means, shoppers: readonly Shopper[]): Promise<SkewResults['customer']> {
  const row = rowBy(means)
  const place = await placeOf(means.stage, String(means.stage.stage))
  const spare = place.servers.at(-1)?.name ?? ''
  await empty(place, spare, false)
  const [busy] = shoppers
  if (!busy) throw new Error('somebody has to buy')
  const others = anyOf(shoppers.slice(1))
  const who = (draw: Draw) => (draw() < TIMES / (TIMES + shoppers.length - 1) ? busy : others(draw))
  const alike = await row('all alike', { who: anyOf(shoppers), what: evenProduct })
  const hot = await row(`one orders ${TIMES.toLocaleString('en-US')} times as often`, { who, what: evenProduct })
  await moveTo({ ...place, bucket: bucketOfUser(busy.userId) }, spare)
  return { alike, hot, alone: await row('its bucket moved to a server alone', { who, what: evenProduct }) }
}

type Mix = { readonly who: (draw: Draw) => Shopper; readonly what: (draw: Draw) => string }

function rowBy(means: Means): (name: string, mix: Mix) => Promise<SkewRow> {
  return (name, { who, what }) => {
    say(`buying for ${means.seconds} s: ${name}`)
    const next: Buying['next'] = (draw) => ({ shopper: who(draw), productId: what(draw) })
    return measureRow(means, name, next)
  }
}

function anyOf<Item>(items: readonly Item[]): (draw: Draw) => Item {
  const [first] = items
  if (first === undefined) throw new Error('somebody has to buy')
  return (draw) => items[Math.floor(items.length * draw())] ?? first
}
