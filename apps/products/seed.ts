import type { Selectable } from 'kysely'
import type { Database } from '../platform/mysql/database.ts'
import { seededRandom } from '../platform/process/random.ts'
import { insertCategories, insertProducts, type ProductsTables, selectSeededProducts } from './queries.ts'

export const PRODUCTS = 10_000
export const CATEGORIES = 50

const SEED = 6
const ROWS_A_STATEMENT = 1_000

type Product = Selectable<ProductsTables['products']>

/** 10,000 products in 50 categories: always the same. Returns the rows as the database has them. */
export async function seedProducts(db: Database<ProductsTables>) {
  await insertCategories(db, demoCategories())
  const products = demoProducts()
  for (let at = 0; at < products.length; at += ROWS_A_STATEMENT)
    await insertProducts(db, products.slice(at, at + ROWS_A_STATEMENT))
  return selectSeededProducts(db)
}

function demoCategories(): ProductsTables['categories'][] {
  return Array.from({ length: CATEGORIES }, (_, index) => {
    const kind = KINDS[index % KINDS.length]
    const room = ROOMS[Math.floor(index / KINDS.length)]
    return { id: `cat_${pad(index + 1, 2)}`, name: `${kind} for the ${room}` }
  })
}

/** The number in the id is the rank: popularity falls as 1 / rank (Zipf), as visits to real shops roughly do. */
export function demoProducts(): Product[] {
  const random = seededRandom(SEED)
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item
  const harmonic = Array.from({ length: PRODUCTS }, (_, index) => 1 / (index + 1)).reduce((sum, term) => sum + term)
  return Array.from({ length: PRODUCTS }, (_, index) => {
    const rank = index + 1
    const name = `${pick(LOOKS)} ${pick(MATERIALS)} ${pick(THINGS)}`
    const popularity = Math.round(1_000_000 / (rank * harmonic))
    return {
      id: `prd_${pad(rank, 5)}`,
      category_id: `cat_${pad(1 + Math.floor(random() * CATEGORIES), 2)}`,
      name,
      description: `${name}, number ${rank} of our ${PRODUCTS} best sellers. ${pick(PRAISE)} ${pick(PRAISE)}`,
      price_cents: 99 + 50 * Math.floor(random() * 400),
      // Enough for the load runs, which buy by popularity.
      stock: 1_000 + 9 * popularity,
      popularity,
    }
  })
}

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, '0')
}

const KINDS = ['Tools', 'Lamps', 'Textiles', 'Storage', 'Decoration']
const ROOMS = ['kitchen', 'bathroom', 'bedroom', 'office', 'garden', 'cellar', 'hall', 'balcony', 'workshop', 'attic']
const LOOKS = ['Blue', 'Plain', 'Folding', 'Tall', 'Small', 'Striped', 'Round', 'Heavy', 'Light', 'Quiet', 'Bright', 'Old']
const MATERIALS = ['oak', 'steel', 'linen', 'glass', 'cork', 'paper', 'wool', 'copper', 'clay', 'bamboo', 'rubber', 'felt']
const THINGS = [
  'box',
  'lamp',
  'hook',
  'tray',
  'mat',
  'stool',
  'clock',
  'frame',
  'basket',
  'vase',
  'shelf',
  'bowl',
  'rack',
  'cushion',
]
const PRAISE = [
  'Made to last and easy to clean.',
  'It fits where others do not.',
  'Takes five minutes to put together.',
  'Our customers buy it twice.',
  'Comes with a spare screw.',
  'Looks better with age.',
]
