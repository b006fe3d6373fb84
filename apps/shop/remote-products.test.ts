/** A module that runs in another process is the same module: the orders of stage 3 against a catalogue over HTTP. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { settingsOf } from '../../infra/stage/settings.ts'
import loadBalanced from '../../stages/3-load-balanced.ts'
import { contract } from '../../stages/contract/contract.ts'
import { demoDatabase } from '../fixtures/shop-database.ts'
import { type SplitShop, startSplitShop } from '../fixtures/split-shop.ts'

let split: SplitShop

beforeAll(async () => {
  const { url, close } = await demoDatabase(inject('databaseUrl'))
  await close()
  split = await startSplitShop({ people: url, catalogue: url }, settingsOf(loadBalanced.settings))
})
afterAll(() => split.stop())

describe('with the catalogue elsewhere', () => contract(() => ({ url: split.url, outboxFile: split.outboxFile })))

test('what one process says to the other nobody else may', async () => {
  const ask = (key?: string) =>
    fetch(`${split.productsUrl}/internal/products/prd_00042`, { headers: key === undefined ? {} : { 'x-internal-key': key } })
  expect([(await ask()).status, (await ask('guessed')).status]).toEqual([404, 404])
  expect((await ask('between the two')).status).toBe(200)
  expect((await fetch(`${split.url}/internal/products/prd_00042`)).status).toBe(404)
})
