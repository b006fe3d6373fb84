import { expect, test } from 'vitest'
import { settingsOf } from '../../infra/stage/settings.ts'
import { appDocument } from '../fixtures/app-document.ts'
import { readConfig } from './config.ts'

const settings = settingsOf({ sessions: 'memory', cache: 'none', checkout: 'transaction' })
const good = appDocument({ databaseUrl: 'mysql://shop:p%40ss@127.0.0.1:4302/shop?name=primary', settings, name: 'app-2' })
const read = (document: unknown) => readConfig({ OUTGROW_CONFIG: JSON.stringify(document) })

test('reads everything once', () => {
  const config = read(good)
  const server = { name: 'primary', host: '127.0.0.1', port: 4302, user: 'shop', password: 'p@ss', database: 'shop' }
  expect(config).toMatchObject({ name: 'app-2', port: 1, stores: { db: { servers: [server] } }, settings })
  expect(Object.isFrozen(config)).toBe(true)
})

test('what a stage may lack is not there without it', () => {
  const config = read(good)
  expect([config.cache, config.state, config.proxyKey, config.stores.db?.keeperUrl]).toEqual(Array(4).fill(undefined))
  const state = {
    name: 'state',
    user: 'shop',
    password: 'x',
    hosts: [{ host: '127.0.0.1', port: 4408 }],
    reach: 'sentinels',
    database: 0,
  }
  expect(read({ ...good, state })).toMatchObject({ state })
})

test('a secret that nobody gave is made, and no mail is kept', () => {
  expect(read(good).codeKey).not.toBe(read(good).codeKey)
  expect(read(good).outboxFile).toBe('/dev/null')
})

test.each([
  ['', 'OUTGROW_CONFIG is not set'],
  ['{', 'OUTGROW_CONFIG must be a JSON document, not "{"'],
])('the text %j is named in the message', (text, message) => {
  expect(() => readConfig({ OUTGROW_CONFIG: text })).toThrow(message)
})

test.each([
  [{ port: 99_999 }, 'OUTGROW_CONFIG: /port '],
  [{ modules: ['carts'] }, 'OUTGROW_CONFIG: /modules/0 '],
  [{ modules: [] }, 'OUTGROW_CONFIG: /modules '],
  [{ bankUrl: 'https://bank' }, 'OUTGROW_CONFIG: /bankUrl '],
  [{ stores: { db: { servers: [] } } }, 'OUTGROW_CONFIG: /stores/db/servers '],
  [{ stores: { db: { servers: good.stores.db?.servers, keeperUrl: 'keeper' } } }, 'OUTGROW_CONFIG: /stores/db/keeperUrl '],
  [{ data: { ...good.data, orders: 'people' } }, 'OUTGROW_CONFIG: /data/orders names "people", which is no store'],
  [{ state: { name: 'state' } }, 'OUTGROW_CONFIG: /state '],
  [{ duty: 'maybe' }, 'OUTGROW_CONFIG: /duty '],
  [{ colour: 'red' }, 'OUTGROW_CONFIG: /colour is not known'],
  [{ settings: {} }, 'OUTGROW_CONFIG: /settings leaves out sessions'],
  [{ settings: { ...settings, cache: 'disk' } }, '"disk" is no value for the setting cache'],
])('%j is named in the message', (change, message) => {
  expect(() => read({ ...good, ...change })).toThrow(message)
})
