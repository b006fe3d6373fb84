/** A page with Redis Clusters in place of single servers: it starts, keeps the contract, and starts again where it was left. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import replicated from '../../../stages/4-primary-replica-redis.ts'
import { clientOf } from '../../../stages/contract/client.ts'
import { contract } from '../../../stages/contract/contract.ts'
import { ownedFolder } from '../../process/owned-process.ts'
import { isRunning } from '../../process/process-table.ts'
import { parseNodes } from '../../redis/cluster-node.ts'
import { askRedis } from '../../redis/server.ts'
import { planOf } from '../../stage/plan.ts'
import { ALL_MODULES, app, bank, failover, host, loadBalancer, mysql, redisCluster, stage } from '../../stage/topology.ts'
import { stageFiles } from '../state/data-folder.ts'
import { secretsIn } from '../state/secrets.ts'
import { freePortBase } from './free-port-base.ts'
import { leftoversOf } from './leftovers.ts'
import { runStage } from './run-stage.ts'
import type { RunningStage } from './running-stage.ts'

const primary = mysql('primary')
const replicas = [mysql('replica-1', { replicaOf: primary })]
const data = failover('keeper', { primary, replicas })
const cluster = {
  cache: redisCluster('cache', { masters: 3 }),
  state: redisCluster('state', { masters: 3, replicas: 1 }),
}
const shop = app('app', { copies: 2, worker: host('worker'), modules: ALL_MODULES, data, ...cluster, bank: bank('bank') })
const page = stage('4-redis-clusters', {
  adds: 'Its keys are spread over several Redis servers.',
  settings: replicated.settings,
  entry: loadBalancer('edge', { to: shop }),
})

const demoUser = { email: 'shopper-0001@example.com', password: 'outgrow-demo-password' }

let root: { path: string; remove(): Promise<void> }
let running: RunningStage
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

async function start(): Promise<RunningStage> {
  const plan = planOf(page, { portBase: await freePortBase() })
  const signal = new AbortController().signal
  return runStage(plan, { files: files(), sizeCpu: null, onProgress: () => {}, signal })
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

test('started again on other ports it is the same Cluster: who was logged in still is', async () => {
  const shopper = clientOf(running.state)
  expect((await shopper.post('/sessions', demoUser)).status).toBe(201)
  const ids = (await view('state-1')).map(({ id }) => id).toSorted()
  const { programs } = running.state
  await running.stop()
  expect(programs.some(isRunning)).toBe(false)
  running = await start()
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
