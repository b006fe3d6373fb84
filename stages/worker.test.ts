/** The worker of stage 4: work that no request waits for is done there and nowhere else, and the shop does without it for a while. */
import { expect, it } from 'vitest'
import { untilGone, untilHealed } from '../apps/lab/drills/programs.ts'
import { signalGroup } from '../infra/local/process-group.ts'
import { clientOf } from './contract/client.ts'
import { newShopper, placeOrder } from './contract/people.ts'
import { injectedStage } from './injected-stage.ts'
import { stateOf } from './running-stages.ts'

/** It counts flash sales once a second, and looks for payments left unfinished every two. */
const SOON = { timeout: 20_000, interval: 100 }
const QUERIES = /^outgrow_query_seconds_count\{.*\} (\d+)$/gm

const stage = () => injectedStage(4)
const programs = (kind: string) => stateOf(stage()).programs.filter((program) => program.kind === kind)

it('asks the databases again and again, and the idle apps never', async () => {
  const counting = async () => {
    const [worker, apps] = [await queriesOf('worker'), await queriesOf('app')]
    await expect.poll(() => queriesOf('worker'), SOON).toBeGreaterThan(worker + 5)
    return (await queriesOf('app')) - apps
  }
  // What an earlier test has left behind may still be under way the first time.
  await expect.poll(counting, SOON).toBe(0)
})

it('may die: orders are taken, and it is started again', async () => {
  const shopper = await newShopper(stage())
  const [worker] = programs('worker')
  if (!worker) throw new Error('the stage has no worker')
  signalGroup(worker, 'SIGKILL')
  await untilGone(worker)
  await placeOrder(shopper, 'prd_00042')
  await untilHealed(() => stateOf(stage()), worker)
})

it('answers no request of a shopper', async () => {
  const [worker] = programs('worker')
  expect((await clientOf({ url: `http://127.0.0.1:${worker?.port}` }).get('/products')).status).toBe(404)
})

async function queriesOf(kind: string): Promise<number> {
  const pages = await Promise.all(programs(kind).map(({ port }) => clientOf({ url: `http://127.0.0.1:${port}` }).get('/metrics')))
  const counts = pages.flatMap(({ text }) => [...text.matchAll(QUERIES)].map(([, count]) => Number(count)))
  return counts.reduce((sum, count) => sum + count, 0)
}
