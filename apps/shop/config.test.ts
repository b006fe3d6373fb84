import { expect, test } from 'vitest'
import { settingsOf } from '../../infra/stage/settings.ts'
import { ALL_MODULES } from '../../infra/stage/topology.ts'
import { readConfig } from './config.ts'

const settings = settingsOf({ sessions: 'memory', cache: 'none', checkout: 'transaction' })
const good = {
  OUTGROW_NAME: 'app-2',
  OUTGROW_PORT: '4301',
  OUTGROW_WRITES: 'mysql://shop:p%40ss@127.0.0.1:4302/shop?name=primary',
  OUTGROW_BANK: 'http://127.0.0.1:4303',
  OUTGROW_SETTINGS: JSON.stringify(settings),
}

test('reads everything once', () => {
  const config = readConfig(good)
  const writes = { name: 'primary', host: '127.0.0.1', port: 4302, user: 'shop', password: 'p@ss', database: 'shop' }
  expect(config).toMatchObject({ name: 'app-2', port: 4301, writes, reads: [writes], proxyKey: undefined, settings })
  expect(Object.isFrozen(config)).toBe(true)
})

test('what a stage may lack is undefined without it', () => {
  expect(readConfig(good)).toMatchObject({ failoverUrl: undefined, cache: undefined, state: undefined })
  const config = readConfig({
    ...good,
    OUTGROW_FAILOVER: 'http://127.0.0.1:4404',
    OUTGROW_CACHE: 'redis://shop:x@127.0.0.1:4405/?name=cache',
    OUTGROW_STATE: 'redis-sentinel://shop:x@127.0.0.1:4408,127.0.0.1:4409/?name=state',
  })
  expect(config).toMatchObject({ failoverUrl: 'http://127.0.0.1:4404', cache: { name: 'cache' }, state: { name: 'state' } })
})

test('a worker has no modules, and an app may leave work to one', () => {
  expect(readConfig({ ...good, OUTGROW_MODULES: 'none' })).toMatchObject({ modules: [], hasWorker: false })
  expect(readConfig({ ...good, OUTGROW_HAS_WORKER: 'yes' })).toMatchObject({ modules: ALL_MODULES, hasWorker: true })
})

test('an IPv6 address loses its brackets', () => {
  expect(readConfig({ ...good, OUTGROW_WRITES: 'mysql://shop:x@[::1]:4302/shop' }).writes.host).toBe('::1')
})

test.each([
  [{ OUTGROW_PORT: '' }, 'OUTGROW_PORT is not set'],
  [{ OUTGROW_PORT: '99999' }, 'OUTGROW_PORT must be a port number, not "99999"'],
  [{ OUTGROW_WRITES: 'postgres://x/y' }, 'OUTGROW_WRITES must look like mysql://'],
  [{ OUTGROW_READS: 'nonsense' }, 'OUTGROW_READS must look like mysql://'],
  [{ OUTGROW_BANK: 'https://bank' }, 'OUTGROW_BANK must look like http://'],
  [{ OUTGROW_FAILOVER: 'keeper' }, 'OUTGROW_FAILOVER must look like http://'],
  [{ OUTGROW_STATE: 'redis://127.0.0.1' }, 'OUTGROW_STATE must look like redis://'],
  [{ OUTGROW_MODULES: 'users,carts' }, 'OUTGROW_MODULES names "carts"'],
  [{ OUTGROW_HAS_WORKER: 'maybe' }, 'OUTGROW_HAS_WORKER must be yes or no, not "maybe"'],
  [{ OUTGROW_SETTINGS: '{' }, 'OUTGROW_SETTINGS must be a JSON object'],
  [{ OUTGROW_SETTINGS: '{}' }, 'OUTGROW_SETTINGS leaves out sessions'],
  [{ OUTGROW_SETTINGS: JSON.stringify({ ...settings, cache: 'disk' }) }, '"disk" is no value for the setting cache'],
])('%j is named in the message', (change, message) => {
  expect(() => readConfig({ ...good, ...change })).toThrow(message)
})
