/** What only splitting up the modules costs, in one process: a call goes through an interface of promises where a function would do. */
import { median } from '../compare/spread.ts'

const CALLS = 200_000
const ROUNDS = 7

type Page = { readonly id: string; readonly priceCents: number }
const PAGE: Page = { id: 'prd_00001', priceCents: 100 }

type Pages = { page(id: string): Promise<Page> }

/** As a module is made: values and promises alone cross its edge. */
function makePages(find: (id: string) => Promise<Page>): Pages {
  return { page: async (id) => ({ ...(await find(id)) }) }
}

/** Nanoseconds a call, over the plain one. */
export async function splitCostNs(): Promise<number> {
  const find = async (id: string): Promise<Page> => (id === PAGE.id ? PAGE : { ...PAGE, id })
  const { page } = makePages(find)
  const costs: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) costs.push((await nsOf(page)) - (await nsOf(find)))
  return median(costs)
}

async function nsOf(call: (id: string) => Promise<Page>): Promise<number> {
  const startedAt = process.threadCpuUsage()
  for (let count = 0; count < CALLS; count += 1) await call(PAGE.id)
  const { user, system } = process.threadCpuUsage(startedAt)
  return (1_000 * (user + system)) / CALLS
}
