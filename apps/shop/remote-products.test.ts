/** A module that runs in another process is the same module: the orders of stage 3 against a catalogue over HTTP. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { settingsOf } from '../../infra/stage/settings.ts'
import loadBalanced from '../../stages/3-load-balanced.ts'
import { contract } from '../../stages/contract/contract.ts'
import { PATIENCE } from '../../stages/contract/patience.ts'
import { demoDatabase } from '../fixtures/shop-database.ts'
import { SECRET, type SplitShop, startSplitShop } from '../fixtures/split-shop.ts'
import { signer } from '../platform/calls/identity.ts'

let split: SplitShop

beforeAll(async () => {
  const { url, close } = await demoDatabase(inject('databaseUrl'))
  await close()
  split = await startSplitShop({ people: url, catalogue: url }, settingsOf(loadBalanced.settings, PATIENCE))
})
afterAll(() => split.stop())

describe('with the catalogue elsewhere', () => contract(() => ({ url: split.url, outboxFile: split.outboxFile })))

test('what one process says to the other nobody else may', async () => {
  const ask = async (secret?: string) => {
    const token = secret === undefined ? '' : await signer({ from: 'app', to: 'products', secret, purpose: 'calls' })()
    const url = `${split.productsUrl}/internal/products/prd_00042`
    return (await fetch(url, { headers: secret === undefined ? {} : { authorization: `Bearer ${token}` } })).status
  }
  expect([await ask(), await ask('guessed'), await ask(SECRET)]).toEqual([404, 404, 200])
  expect((await fetch(`${split.url}/internal/products/prd_00042`)).status).toBe(404)
})
