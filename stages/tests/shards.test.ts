/** Stage 5: a server for customers' buckets is added while the shop is open, and taken away again. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { programNamed, untilHealed } from '../../apps/lab/drills/programs.ts'
import { labProcess } from '../../apps/lab/runner/lab-process.ts'
import { bucketOfId } from '../../apps/platform/process/buckets.ts'
import { signalGroup } from '../../infra/process/process-group.ts'
import { clientOf } from '../contract/client.ts'
import { newShopper, placeOrder, type Shopper } from '../contract/people.ts'
import { stateOf } from './running-stages.ts'
import { sharedStage } from './shared-stage.ts'

const stage = sharedStage(5)
const folder = () => dirname(stage().stateFile)
const lab = (line: string) => labProcess(line.split(' '), { OUTGROW_DATA: join(folder(), '../..') }).done
const reshard = (line: string) => lab(`reshard 5 ${line}`)
const done = async (line: string) => {
  const { status, out, error } = await reshard(line)
  expect(status, error).toBe(0)
  return out
}
const refused = async (line: string) => {
  const { status, error } = await reshard(line)
  expect(status).toBe(1)
  return error.trim().split('\n').at(-1)
}
const pidOf = ({ name, pid }: { name: string; pid: number }) => [name, pid] as const
/** Where each app finds the shopper's bucket in the end: the first time it may ask where it was. */
const placesOf = async ({ client }: Shopper) => {
  const ports = stateOf(stage()).programs.flatMap(({ kind, port }) => (kind === 'app' ? [port] : []))
  return Promise.all(
    ports.map(async (port) => {
      const own = Object.assign(clientOf({ url: `http://127.0.0.1:${port}` }), { sid: client.sid })
      const answer = await own.get('/orders', { headers: { 'x-explain': '1' } })
      return [answer.status, /.*bucket_\d\d on (\S+)"/.exec(String(answer.headers['server-timing']))?.[1]]
    }),
  )
}
const everywhere = (server: string) => [1, 2, 3, 4].map(() => [200, server])

it('names what cannot be added or taken away, and does nothing', async () => {
  const before = stateOf(stage()).programs.map(pidOf)
  expect(await refused('--add shard-4')).toBe('error: there is a server shard-4 for buckets already')
  expect(await refused('--add state-1')).toMatch(/^error: stage 5-sharded has two programs called state-1; nothing was changed$/)
  expect(await refused('--add ../shard')).toMatch(/^error: "..\/shard" is no name for a server/)
  expect(await refused('--remove shard-9')).toBe(
    'error: there is no server shard-9 for buckets; there are: shard-1, shard-2, shard-3, shard-4',
  )
  expect(stateOf(stage()).programs.map(pidOf)).toEqual(before)
})

it('takes a fifth server in, which nobody is started again for, and lets it go when it is empty', async () => {
  const shopper = await newShopper(stage())
  const order = await placeOrder(shopper, 'prd_00042')
  const before = stateOf(stage()).programs.map(pidOf)
  expect(await done('--add shard-5')).toMatch(/^shard-5 is there and has no bucket yet/)
  expect((await lab('status')).out).toMatch(/shard-5 +mysql +on shard-5 [\s\S]*shard-5 +none/)
  expect(
    stateOf(stage())
      .programs.map(pidOf)
      .filter(([name]) => name !== 'shard-5'),
  ).toEqual(before)
  const bucket = `--bucket ${Number(bucketOfId(order.id))}`
  await done(`${bucket} --to shard-5`)
  expect(await placesOf(shopper)).toEqual(everywhere('shard-5'))
  expect(await refused('--remove shard-5')).toMatch(/has a move that is not finished: finish it, or take it back, first$/)
  await done(`${bucket} --finish`)
  // As does one that is started again.
  const app = programNamed(stateOf(stage()), 'app-2')
  signalGroup(app, 'SIGKILL')
  await untilHealed(() => stateOf(stage()), app)
  expect(await placesOf(shopper)).toEqual(everywhere('shard-5'))
  expect(await done('--remove shard-5')).toMatch(/shard-5 is ended and forgotten$/m)
  expect((await shopper.client.get(`/orders/${order.id}`)).body).toEqual(order)
  expect((await placesOf(shopper)).map(([status]) => status)).toEqual([200, 200, 200, 200])
  expect(stateOf(stage()).programs.map(({ name }) => name)).not.toContain('shard-5')
  expect(existsSync(join(folder(), 'data/shard-5'))).toBe(false)
})
