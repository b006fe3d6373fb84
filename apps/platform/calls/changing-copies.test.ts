/** A caller that is asked which copies it knows looks first which there are. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fastify from 'fastify'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { COPIES_PATH } from '../../../infra/stage/copies-document.ts'
import { followCopies } from './changing-copies.ts'
import { closeServices, connectServices } from './services.ts'

const place = (name: string) => ({ name, url: 'http://127.0.0.1:1' })
let file = ''
beforeEach(() => {
  file = join(testFolder(), 'copies.json')
})

async function asked(name?: string) {
  const app = fastify()
  onTestFinished(() => app.close())
  const products = { name: 'products', secret: 'secret', copies: [place('products-1')] }
  const services = connectServices(
    'orders',
    { products },
    {
      breaker: 'on',
      bulkhead: 'on',
      edgePatienceMs: 1_000,
      giveUpSilent: 'on',
      retries: 'budget',
    },
  )
  onTestFinished(() => closeServices(services))
  followCopies(app, services, name)
  return async () => {
    const { statusCode, body } = await app.inject(COPIES_PATH)
    return [statusCode, JSON.parse(body)]
  }
}

test('it knows those that it was told of, where nobody tells it more', async () => {
  const known = await asked()
  expect(await known()).toEqual([200, { products: { asked: ['products-1'], leaving: [] } }])
})

test('it goes over to those that the file has, and leaves services alone that it does not ask', async () => {
  const known = await asked(file)
  const now = (...names: string[]) =>
    writeFileSync(file, JSON.stringify({ products: names.map(place), users: [place('users-1')] }))
  now('products-1', 'products-2')
  expect(await known()).toEqual([200, { products: { asked: ['products-1', 'products-2'], leaving: [] } }])
  now('products-2')
  await expect.poll(known).toEqual([200, { products: { asked: ['products-2'], leaving: [] } }])
})

test.each(['', '{"products":[]}', '{"products":[{"name":"products-1","url":"file:///etc/passwd"}]}'])(
  'a file that is none leaves everything as it is: %s',
  async (text) => {
    const known = await asked(file)
    writeFileSync(file, text)
    expect((await known())[0]).toBe(500)
    writeFileSync(file, '{}')
    expect(await known()).toEqual([200, { products: { asked: ['products-1'], leaving: [] } }])
  },
)
