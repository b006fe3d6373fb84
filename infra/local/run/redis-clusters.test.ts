/** A page with Redis Clusters and with shards that are groups: it starts, keeps the contract, and starts again where it was left. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keeperUrlOf, serversOf, writersOf } from '../../../apps/lab/runner/shards.ts'
import { moveBucket } from '../../../apps/platform/moves/move-bucket.ts'
import { parseDatabaseUrl } from '../../../apps/platform/mysql/address.ts'
import { makeBuckets } from '../../../apps/platform/stores/make-buckets.ts'
import replicated from '../../../stages/4-primary-replica-redis.ts'
import { type Client, clientOf } from '../../../stages/contract/client.ts'
import { contract } from '../../../stages/contract/contract.ts'
import { PATIENCE } from '../../../stages/contract/patience.ts'
import { ownedFolder } from '../../process/owned-process.ts'
import { isRunning } from '../../process/process-table.ts'
import { until } from '../../process/until.ts'
import { parseNodes } from '../../redis/cluster-node.ts'
import { askRedis } from '../../redis/server.ts'
import { type Plan, planOf, type Resharding } from '../../stage/plan.ts'
import { ALL_MODULES, app, bank, buckets, host, loadBalancer, mysql, redisCluster, stage } from '../../stage/topology.ts'
import { stageFiles } from '../state/data-folder.ts'
import { rolesNow } from '../state/primary-database.ts'
import { secretsIn } from '../state/secrets.ts'
import { freePortBase } from './free-port-base.ts'
import { leftoversOf } from './leftovers.ts'
import { runStage } from './run-stage.ts'
import type { RunningStage } from './running-stage.ts'

const catalogue = mysql('catalogue')
const cluster = {
  cache: redisCluster('cache', { masters: 3 }),
  state: redisCluster('state', { masters: 3, replicas: 1 }),
}
const cards = bank('bank')
const page = stage('4-clusters-and-groups', {
  adds: 'Keys and customers are spread over servers, each of which has another one to take its place.',
  settings: { ...replicated.settings, checkout: 'saga' },
  entry(_, resharded) {
    const people = buckets('people', { count: 64, on: resharded(['shard-1']), replicas: 1 })
    const data = { products: catalogue, users: people, orders: people, payments: people }
    const shop = app('app', { copies: 2, worker: host('worker'), modules: ALL_MODULES, data, ...cluster, bank: cards })
    return loadBalancer('edge', { to: shop })
  },
})

const SOON = { withinMs: 10_000, everyMs: 1, complaint: 'it was not started again' }
const demoUser = { email: 'shopper-0001@example.com', password: 'outgrow-demo-password' }

let root: { path: string; remove(): Promise<void> }
let running: RunningStage
let planWith: (resharding: Resharding) => Plan
const files = () => stageFiles(page.name, root.path)
beforeAll(async () => {
  root = await ownedFolder('outgrow-clusters-')
  running = await start()
})
afterAll(async () => {
  await running?.stop()
  expect(leftoversOf(files())).toEqual([])
  await root.remove()
})

async function start(resharding: Resharding = { added: [], removed: [] }): Promise<RunningStage> {
  const portBase = await freePortBase()
  planWith = (other) => planOf(page, { portBase, resharding: other, set: PATIENCE })
  const signal = new AbortController().signal
  return runStage(planWith(resharding), { files: files(), sizeCpu: null, onProgress: () => {}, signal })
}

describe('the contract', () => {
  contract(() => {
    const { url, bank, databases } = running.state
    const names = databases.map(({ name }) => name)
    return { url, bankUrl: bank, outboxFile: files().outbox, databaseNames: names, appCount: 2, limitsTimes: 1 }
  })
})

test('every bus listens inside the stage’s own block', async () => {
  const ports = running.state.programs.map(({ port }) => port)
  const [base] = ports.toSorted((one, other) => one - other)
  const nodes = await view('state-1')
  expect(nodes).toHaveLength(6)
  expect(nodes.every(({ busPort }) => busPort > (base ?? 0) && busPort < (base ?? 0) + 500 && !ports.includes(busPort))).toBe(
    true,
  )
})

test('a node of the cache that is killed is started again, and takes its place; the shop answers meanwhile', async () => {
  const before = program('cache-2')
  process.kill(before.pid, 'SIGKILL')
  const shopper = clientOf(running.state)
  await expect.poll(() => program('cache-2')).not.toMatchObject({ pid: before.pid })
  for (let turn = 0; turn < 20; turn++) {
    for (const id of ['prd_00001', 'prd_00002', 'prd_00003']) expect((await shopper.get(`/products/${id}`)).status).toBe(200)
  }
  await expect.poll(() => program('cache-2').condition).toBe('up')
  expect((await view('cache-1')).map(({ slots }) => slots)).toHaveLength(3)
})

const orderOf = (shopper: Client, key: string) =>
  shopper.post<{ id: string }>('/orders', { items: [{ productId: 'prd_00042', quantity: 1 }] }, { key })
const idsOf = async (shopper: Client) =>
  (await shopper.get<{ items: { id: string }[] }>('/orders?limit=100')).body.items.map(({ id }) => id)
const primaryOf = async (shard: string) => (await rolesNow(program('people-keeper').port, shard)).primary

test('a shard whose primary is killed loses nothing; it takes writes again when both of its servers are there', async () => {
  const shopper = clientOf(running.state)
  await shopper.post('/sessions', demoUser)
  const placed: string[] = []
  for (const key of ['k1', 'k2', 'k3']) placed.push((await orderOf(shopper, key)).body.id)
  const before = program('shard-1a')
  expect(await primaryOf('shard-1')).toBe('shard-1a')
  process.kill(before.pid, 'SIGKILL')
  const successor = await until(() => {
    const { pid } = program('shard-1a')
    return pid !== 0 && pid !== before.pid && pid
  }, SOON)
  process.kill(successor, 'SIGSTOP')
  try {
    await expect.poll(() => primaryOf('shard-1').catch(() => null)).toBe('shard-1b')
    await expect.poll(() => idsOf(shopper).catch(() => [])).toEqual(expect.arrayContaining(placed))
    const alone = await Promise.race([orderOf(shopper, 'k4'), sleep(1_500, undefined)])
    expect(alone?.status).not.toBe(201)
  } finally {
    process.kill(successor, 'SIGCONT')
  }
  await expect.poll(async () => (await orderOf(shopper, 'k4')).status).toBe(201)
  expect(await idsOf(shopper)).toEqual(expect.arrayContaining(placed))
})

test('a shard that is added is a group too, of the same keeper; nobody else is started again for it', async () => {
  const pids = () => running.state.programs.map(({ name, pid }) => [name, pid] as const)
  const before = pids().filter(([name]) => name !== 'people-keeper')
  await running.adopt(planWith({ added: ['shard-2'], removed: [] }))
  expect(pids()).toEqual(expect.arrayContaining(before))
  const store = running.state.stores.find(({ name }) => name === 'people')
  if (!store) throw new Error('there are no buckets')
  await makeBuckets(serversOf(running.state, store), [], { keeperUrl: keeperUrlOf(running.state, store) })
  const servers = (await writersOf(running.state, store)).map(({ shard, url }) => ({
    ...parseDatabaseUrl(shard, url),
    name: shard,
  }))
  expect(servers.map(({ name }) => name)).toEqual(['shard-1', 'shard-2'])
  const shopper = clientOf(running.state)
  const { body } = await shopper.post<{ id: string }>('/sessions', demoUser)
  const orders = await idsOf(shopper)
  const bucket = body.id.slice(-2)
  await moveBucket({ servers, bucket, to: 'shard-2' })
  for (const turn of ['m1', 'm2', 'm3', 'm4']) orders.unshift((await orderOf(shopper, turn)).body.id)
  expect(await idsOf(shopper)).toEqual(orders)
  const explained = await shopper.get('/orders', { headers: { 'x-explain': '1' } })
  expect(explained.headers['server-timing']).toContain(`bucket_${bucket} on shard-2`)
})

test('started again on other ports it is the same Cluster: who was logged in still is', async () => {
  const shopper = clientOf(running.state)
  expect((await shopper.post('/sessions', demoUser)).status).toBe(201)
  const ids = (await view('state-1')).map(({ id }) => id).toSorted()
  const { programs } = running.state
  await running.stop()
  expect(programs.some(isRunning)).toBe(false)
  running = await start({ added: ['shard-2'], removed: [] })
  expect((await view('state-1')).map(({ id }) => id).toSorted()).toEqual(ids)
  const again = clientOf(running.state)
  again.sid = shopper.sid
  expect((await again.get('/sessions/current')).status).toBe(200)
})

function program(name: string) {
  const found = running.state.programs.find((candidate) => candidate.name === name)
  if (!found) throw new Error(`no program is called ${name}`)
  return found
}

function view(name: string) {
  const { labPassword: password } = secretsIn(running.state.secretsFile)
  const target = { port: program(name).port, user: 'lab', password, timeoutMs: 5_000 }
  return askRedis(target, async (redis) => {
    const text = String(await redis.cluster('NODES'))
    return parseNodes(text).map((node, index) => ({
      ...node,
      busPort: Number(/@(\d+)/.exec(text.split('\n')[index] ?? '')?.[1]),
    }))
  })
}
