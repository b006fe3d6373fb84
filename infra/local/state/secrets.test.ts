import { readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { testFolder } from '../../process/test-folder.ts'
import { arrowSecret, databasePassword, redisPassword, secretsIn } from './secrets.ts'

it('makes a password once, for nobody else to read', () => {
  const file = path.join(testFolder(), 'secrets.json')
  const first = secretsIn(file)
  expect(databasePassword(first, 'db')).toMatch(/^[\w-]{24}$/)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const second = secretsIn(file)
  expect(databasePassword(second, 'db')).toBe(databasePassword(first, 'db'))
  expect(second.proxyKey).not.toBe(first.proxyKey)
  expect(second.arrowsKey).not.toBe(first.arrowsKey)
})

it('keeps one key, from which every password comes by its name', () => {
  const [file, other] = [path.join(testFolder(), 'secrets.json'), path.join(testFolder(), 'secrets.json')]
  const { proxyKey, arrowsKey, ...kept } = secretsIn(file)
  const { key, version, ...rest } = JSON.parse(readFileSync(file, 'utf8'))
  expect(rest).toEqual({})
  expect(new Set([key, proxyKey, arrowsKey, ...Object.values(kept)]).size).toBe(Object.keys(kept).length + 3)
  writeFileSync(other, JSON.stringify({ key, version }))
  expect(secretsIn(other)).toMatchObject(kept)
})

it('says of a file of an older version that its data have to go', () => {
  const file = path.join(testFolder(), 'secrets.json')
  writeFileSync(file, '{"databasePassword":"abc","codeKey":"def"}')
  expect(() => secretsIn(file)).toThrow(/it holds no key, as those of older versions.*--fresh/)
  writeFileSync(file, '{"key":"abc"}')
  expect(() => secretsIn(file)).toThrow(/made by another version, whose accounts had other passwords.*--fresh/)
  expect(() => secretsIn(file, 'as it is done elsewhere')).toThrow(/away as it is done elsewhere$/)
})

it.each(['', '{}', '{"key":""}'])('does not replace a damaged file: %s', (text) => {
  const file = path.join(testFolder(), 'secrets.json')
  writeFileSync(file, text)
  expect(() => secretsIn(file)).toThrow(`cannot read ${file}`)
})

it('gives each arrow between services a secret of its own', () => {
  const secrets = secretsIn(path.join(testFolder(), 'secrets.json'))
  const arrows = [arrowSecret(secrets, 'orders', 'products'), arrowSecret(secrets, 'products', 'orders')]
  expect(new Set([...arrows, arrowSecret(secrets, 'gateway', 'products')]).size).toBe(3)
  expect(arrowSecret(secrets, 'orders', 'products')).toBe(arrows[0])
})

it('gives each store a password of its own, and each service on each Redis', () => {
  const secrets = secretsIn(path.join(testFolder(), 'secrets.json'))
  const ofStores = ['users-db', 'orders-db'].map((store) => databasePassword(secrets, store))
  const ofServices = ['users', 'orders'].flatMap((service) =>
    ['state', 'events'].map((group) => redisPassword(secrets, group, service)),
  )
  expect(new Set([...ofStores, ...ofServices]).size).toBe(6)
})
