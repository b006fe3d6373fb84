import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parseRedisUrl } from '../../../apps/platform/redis/address.ts'
import { testFolder } from '../../process/test-folder.ts'
import { parseNodes } from '../../redis/cluster-node.ts'
import { CONFIG_FILE } from '../../redis/server.ts'
import { type Plan, planOf } from '../../stage/plan.ts'
import { ALL_MODULES, app, bank, mysql, redisCluster, stage } from '../../stage/topology.ts'
import { portOf } from '../state/database-url.ts'
import { redisUrls } from '../state/redis-url.ts'
import { redisPassword, secretsIn } from '../state/secrets.ts'
import { makeLaunch } from './launches.ts'
import { contextIn } from './test-context.ts'

const cache = redisCluster('cache', { masters: 3 })
const state = redisCluster('state', { masters: 3, replicas: 1 })
const entry = app('app', { modules: ALL_MODULES, data: mysql('db'), cache, state, bank: bank('bank') })
const settings = { sessions: 'redis', cache: 'redis', checkout: 'transaction' } as const
const planAt = (portBase: number) => planOf(stage('5-test', { adds: '', settings, entry }), { portBase })

/** All at the same time, as the runner does. Answers what is in each one's folder. */
async function launchAll(plan: Plan, root: string) {
  const context = contextIn(root, plan)
  const { files, secrets } = context
  await Promise.all(plan.programs.filter(({ kind }) => kind === 'redis').map((program) => makeLaunch(program, context)))
  const read = (name: string, file: string) => readFileSync(path.join(files.data, name, file), 'utf8')
  return { secrets, files, config: (name: string) => read(name, CONFIG_FILE), nodes: (name: string) => read(name, 'nodes.conf') }
}

const portsIn = (text: string) => parseNodes(text).map(({ port }) => port)

test('the nodes of a Cluster know each other before they start, and those of another not at all', async () => {
  const plan = planAt(5_000)
  const { nodes } = await launchAll(plan, testFolder())
  const names = ['state-1', 'state-2', 'state-3', 'state-4', 'state-5', 'state-6']
  for (const name of names) expect(portsIn(nodes(name))).toEqual(names.map((other) => portOf(plan, other)))
  const own = parseNodes(nodes('state-5')).find(({ isMyself }) => isMyself)
  const master = parseNodes(nodes('state-5')).find(({ id }) => id === own?.masterId)
  expect([own?.port, master?.port]).toEqual([portOf(plan, 'state-5'), portOf(plan, 'state-2')])
  expect(portsIn(nodes('cache-1'))).not.toContain(portOf(plan, 'state-1'))
})

test('who took over has the place still, at other ports too', async () => {
  const root = testFolder()
  const first = await launchAll(planAt(5_000), root)
  const promoted = first.nodes('state-4').replace(/^vars currentEpoch 3/m, 'vars currentEpoch 7')
  writeFileSync(path.join(first.files.data, 'state-4', 'nodes.conf'), promoted)
  const plan = planAt(6_000)
  const { nodes } = await launchAll(plan, root)
  expect(nodes('state-4')).toContain('vars currentEpoch 7')
  expect(portsIn(nodes('state-4'))).toContain(portOf(plan, 'state-1'))
})

test('what differs in a Cluster: who goes first when it is full, and what a node does without the others', async () => {
  const { config } = await launchAll(planAt(5_000), testFolder())
  expect(config('cache-1')).toContain('\nmaxmemory-policy allkeys-lfu\n')
  expect(config('state-1')).toContain('\nappendfsync everysec\n')
  for (const name of ['cache-1', 'state-6']) expect(config(name)).toContain('\ncluster-require-full-coverage no\n')
  expect(config('state-6')).not.toContain('replicaof')
  expect(config('cache-1')).not.toContain('masterauth')
})

test('a configuration holds no password that lets people in, and the file of the nodes no secret', async () => {
  const { config, nodes, secrets } = await launchAll(planAt(5_000), testFolder())
  const { labPassword, clusterSeed, redisReplicationPassword } = secrets
  const own = ['cache', 'state'].map((group) => redisPassword(secrets, group, 'app'))
  const texts = ['cache-1', 'state-1', 'state-4'].map(config).join()
  for (const password of [...own, labPassword, clusterSeed]) expect(texts).not.toContain(password)
  expect(nodes('state-1')).not.toContain(clusterSeed)
  expect(nodes('state-1')).not.toContain(redisReplicationPassword)
})

test('apps and tools find a Cluster by all its servers', () => {
  const plan = planAt(5_000)
  const secrets = secretsIn(path.join(testFolder(), 'secrets.json'))
  const [first, second] = redisUrls(plan, secrets).map(({ url }) => parseRedisUrl('test', url))
  expect(first).toMatchObject({ name: 'cache', reach: 'cluster', password: redisPassword(secrets, 'cache', 'app') })
  expect(second?.hosts.map(({ port }) => port)).toEqual([1, 2, 3, 4, 5, 6].map((number) => portOf(plan, `state-${number}`)))
})
