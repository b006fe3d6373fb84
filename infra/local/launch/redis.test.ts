import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parseRedisUrl } from '../../../apps/platform/redis/address.ts'
import { testFolder } from '../../process/test-folder.ts'
import { CONFIG_FILE, writeConfig } from '../../redis/server.ts'
import { planOf } from '../../stage/plan.ts'
import { ALL_MODULES, app, bank, mysql, redis, stage } from '../../stage/topology.ts'
import { portOf } from '../state/database-url.ts'
import { redisUrls } from '../state/redis-url.ts'
import { redisPassword, secretsIn } from '../state/secrets.ts'
import { redisLaunch } from './redis.ts'
import { sentinelLaunch } from './sentinel.ts'
import type { StageContext } from './stage-context.ts'
import { contextIn } from './test-context.ts'

const cache = redis('cache', { role: 'cache' })
const state = redis('state', { role: 'state', replicas: 1, sentinels: 3 })
const entry = app('app', { modules: ALL_MODULES, data: mysql('db'), cache, state, bank: bank('bank') })
const settings = { sessions: 'redis', cache: 'redis', checkout: 'transaction' } as const
const planAt = (portBase: number) => planOf(stage('4-test', { adds: '', settings, entry }), { portBase })
const plan = planAt(5_000)

/** All at the same time, as the runner does. Answers each one's configuration. */
async function launchAll(context: StageContext): Promise<(name: string) => string> {
  const launches = plan.programs.map((program) => {
    if (program.kind === 'redis') return redisLaunch(program, context)
    return program.kind === 'sentinel' ? sentinelLaunch(program, context) : undefined
  })
  await Promise.all(launches)
  return (name) => readFileSync(path.join(context.files.data, name, CONFIG_FILE), 'utf8')
}

test('at first the first server is the primary', async () => {
  const config = await launchAll(contextIn(testFolder(), plan))
  expect(config('state-1')).not.toContain('replicaof')
  expect(config('state-2')).toContain(`\nreplicaof 127.0.0.1 ${portOf(plan, 'state-1')}\n`)
  expect(config('sentinel-2')).toContain(`\nsentinel monitor state 127.0.0.1 ${portOf(plan, 'state-1')} 2\n`)
  expect(config('cache')).not.toContain('masterauth')
})

test('who was primary last is so again, at other ports too', async () => {
  const context = contextIn(testFolder(), plan)
  const before = planAt(6_000)
  const old = (name: string, text: string) => writeConfig(path.join(context.files.data, name), text)
  await old('state-1', `port ${portOf(before, 'state-1')}\n`)
  await old('state-2', `port ${portOf(before, 'state-2')}\n`)
  for (const name of ['sentinel-1', 'sentinel-2', 'sentinel-3']) {
    await old(name, `sentinel monitor state 127.0.0.1 ${portOf(before, 'state-2')} 2\nsentinel config-epoch state 1\n`)
  }
  const config = await launchAll({ ...context, plan: { ...plan } })
  expect(config('state-1')).toContain(`\nreplicaof 127.0.0.1 ${portOf(plan, 'state-2')}\n`)
  expect(config('state-2')).not.toContain('replicaof')
  expect(config('sentinel-3')).toContain(`\nsentinel monitor state 127.0.0.1 ${portOf(plan, 'state-2')} 2\n`)
})

test('a configuration holds no password that lets people in', async () => {
  const context = contextIn(testFolder(), plan)
  const config = await launchAll(context)
  const { labPassword } = context.secrets
  const own = ['cache', 'state'].map((group) => redisPassword(context.secrets, group, 'app'))
  const texts = plan.programs.filter(({ kind }) => kind === 'redis' || kind === 'sentinel').map(({ name }) => config(name))
  for (const password of [...own, labPassword]) expect(texts.join()).not.toContain(password)
})

test('apps find the cache by its port and the state by its Sentinels', () => {
  const secrets = secretsIn(path.join(testFolder(), 'secrets.json'))
  const [first, second] = redisUrls(plan, secrets).map(({ url }) => parseRedisUrl('test', url))
  expect(first).toMatchObject({ name: 'cache', reach: 'server', hosts: [{ port: portOf(plan, 'cache') }] })
  const ports = ['sentinel-1', 'sentinel-2', 'sentinel-3'].map((name) => ({ host: '127.0.0.1', port: portOf(plan, name) }))
  expect(second).toMatchObject({
    name: 'state',
    user: 'app',
    password: redisPassword(secrets, 'state', 'app'),
    reach: 'sentinels',
    hosts: ports,
  })
})
