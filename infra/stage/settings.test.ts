import { expect, test } from 'vitest'
import { parsePair, SETTINGS, settingsOf } from './settings.ts'

const own = { sessions: 'mysql', cache: 'none', checkout: 'transaction' } as const

test('a stage states three settings and the table gives the rest', () => {
  const settings = settingsOf(own)
  expect(Object.keys(settings).sort()).toEqual(Object.keys(SETTINGS).sort())
  expect(settings).toMatchObject({ sessions: 'mysql', balance: 'round-robin', ordersPerMinute: 100 })
  expect(Object.isFrozen(settings)).toBe(true)
})

test('--set changes one', () => {
  expect(settingsOf(own, ['sessions=memory', 'queryDelayMs=5'])).toMatchObject({ sessions: 'memory', queryDelayMs: 5 })
})

test.each([
  ['session=memory', /no setting is called "session"; there are: sessions, cache/],
  ['sessions', /--set sessions needs a value, for example sessions=memory/],
  ['sessions=disk', /"disk" is no value for the setting sessions: it takes memory or mysql/],
  ['queryDelayMs=1e3', /"1e3" is no value for the setting queryDelayMs: it takes a whole number from 0 to 1000/],
  ['queryDelayMs=1001', /a whole number from 0 to 1000/],
  ['databaseHost=', /a name or an address/],
  ['__proto__=1', /no setting is called "__proto__"/],
])('%s is refused in one line', (pair, message) => {
  expect(() => parsePair(pair)).toThrow(message)
})
