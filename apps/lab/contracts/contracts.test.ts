/** The contracts are those of the code, and the code keeps to them. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import path from 'node:path'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { CHECKOUT } from '../../../infra/local/state/data-folder.ts'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { planOf } from '../../../infra/stage/plan.ts'
import { CONSUMERS_NEED } from '../../consumers/needs.ts'
import { GATEWAY_NEEDS } from '../../gateway/needs.ts'
import { ordersClient } from '../../orders/client.ts'
import { ORDERS_NEED } from '../../orders/needs.ts'
import { PAYMENTS_NEED } from '../../payments/needs.ts'
import type { Needs } from '../../platform/calls/needs.ts'
import type { RemotePlace } from '../../platform/calls/remote.ts'
import { productsClient } from '../../products/client.ts'
import { stockClient } from '../../products/stock/client.ts'
import { addressesClient, revokedSessionsClient } from '../../users/client.ts'
import { recentlyViewedClient } from '../../users/recently-viewed/client.ts'
import { labProcess } from '../runner/lab-process.ts'
import { whatWouldBreak, whatWouldBreakFrom } from './can-i-deploy.ts'
import { contractFile, PARTIES, type Party, readContract } from './contract.ts'
import { ownContract } from './own-contracts.ts'

test.each(PARTIES)('the file of %s is as the code has it (npm run can-i-deploy -- --write), and breaks nobody', async (name) => {
  expect(readContract(CHECKOUT, name)).toEqual(await ownContract(name))
  expect(whatWouldBreak(name, undefined)).toEqual([])
})

test('who needs whom is what the page says', async () => {
  const { programs } = planOf(await loadStage('6'), { portBase: 4_000 })
  const asked = programs.flatMap((program) => {
    const to = program.kind === 'gateway' ? program.to : 'remote' in program ? program.remote : undefined
    return to && 'service' in program ? [[program.service, Object.values(to).map(({ service }) => service)] as const] : []
  })
  for (const [service, others] of asked)
    expect([service, Object.keys(readContract(CHECKOUT, service as Party)?.needs ?? {}).sort()]).toEqual([service, others.sort()])
})

/** Answers what is needed and no more, and knows which routes were asked. */
function providing(needs: Needs, name: string) {
  const asked = new Set<string>()
  const routes = Object.entries(needs[name] ?? {}).map(([route, need]) => {
    return { route, need, pattern: new RegExp(`^${route.replace(/:\w+/g, '[^/]+')}$`) }
  })
  const send: RemotePlace['service']['send'] = async ({ method, path: asking, body }) => {
    const found =
      routes.find(({ pattern }) => pattern.test(`${method} ${asking}`)) ?? expect.fail(`${method} ${asking} is not in the needs`)
    asked.add(found.route)
    if (found.need.sends || body)
      expect(Value.Check(found.need.sends as TSchema, JSON.parse(String(body))), String(body)).toBe(true)
    const value = found.need.reads ? Value.Create(found.need.reads) : {}
    return { statusCode: 200, headers: {}, body: { json: async () => value }, from: name, done: () => {} } as never
  }
  const place = { service: { send }, sign: async () => 'token' } as unknown as RemotePlace
  return { place, asked, internal: routes.flatMap(({ route }) => (/ \/internal\//.test(route) ? [route] : [])) }
}

describe('what is sent and asked stands in the needs, all of it and nothing else:', () => {
  const items = [{ productId: 'prd_1', quantity: 1, name: 'a', unitPriceCents: 1 }]

  test('orders of products', async () => {
    const { place, asked, internal } = providing(ORDERS_NEED, 'products')
    const [products, stock] = [productsClient(place), stockClient(place)]
    await products.byIds(['prd_1'])
    await products.current(['prd_1'])
    await products.stockChanged(['prd_1'])
    await stock.take('ord_1', items)
    await stock.giveBack('ord_1')
    await stock.giveBack('ord_1', items)
    await stock.keep(['ord_1'])
    await stock.unsettled('', 1)
    await stock.outlived('', 1)
    await stock.forget(['ord_1'])
    expect([...asked].sort()).toEqual(internal.sort())
  })

  test('payments of orders', async () => {
    const { place, asked, internal } = providing(PAYMENTS_NEED, 'orders')
    const orders = ordersClient(place)
    await orders.find('usr_1', 'ord_1')
    await orders.claimForPayment('usr_1', 'ord_1', 'pay_1')
    await orders.markPaid('usr_1', { id: 'ord_1', items }, 'pay_1')
    await orders.releasePayment('usr_1', 'ord_1', 'pay_1')
    expect([...asked].sort()).toEqual(internal.sort())
  })

  test('the gateway of users and products', async () => {
    const [users, products] = [providing(GATEWAY_NEEDS, 'users'), providing(GATEWAY_NEEDS, 'products')]
    const revoked = revokedSessionsClient(users.place)
    await revoked.has(Buffer.alloc(32))
    await revoked.page(Buffer.alloc(0), 1)
    await recentlyViewedClient(users.place).of('usr_1')
    await productsClient(products.place).byIds(['prd_1'])
    for (const { asked, internal } of [users, products]) expect([...asked].sort()).toEqual(internal.sort())
  })

  test('consumers of users', async () => {
    const { place, asked, internal } = providing(CONSUMERS_NEED, 'users')
    await addressesClient(place)('usr_1')
    expect([...asked]).toEqual(internal)
  })
})

/** A checkout as far as its contracts go. */
async function buildWith(name: Party, change: (contract: string) => string): Promise<string> {
  const folder = testFolder()
  mkdirSync(path.join(folder, 'apps/shop'), { recursive: true })
  mkdirSync(path.join(folder, 'apps/contracts'))
  writeFileSync(path.join(folder, 'apps/shop/main.ts'), '')
  for (const file of ['package.json', 'package-lock.json']) await copyFile(path.join(CHECKOUT, file), path.join(folder, file))
  const before = JSON.stringify(readContract(CHECKOUT, name))
  const after = change(before)
  expect(after).not.toBe(before)
  writeFileSync(contractFile(folder, name), after)
  return folder
}

const field = (name: string) => (contract: string) => contract.replaceAll(`"${name}"`, `"other"`)
const breaking: readonly (readonly [Party, (contract: string) => string, string])[] = [
  ['products', field('priceCents'), 'orders reads [].priceCents, which is missing (POST /internal/current-products of products)'],
  ['products', field('POST /internal/stock/take'), 'orders asks POST /internal/stock/take, which products has not'],
  ['products', field('PATCH /products/:id'), 'gateway asks PATCH /products/:id, which products has not'],
  ['products', field('most'), 'orders sends most, which is not known (POST /internal/stock/outlived of products)'],
  ['orders', field('totalCents'), 'payments reads totalCents, which is missing (POST /internal/orders/find of orders)'],
  [
    'orders',
    (contract) => contract.replaceAll('"paying"', '"paying","refunded"'),
    'payments reads status, which may be "refunded"',
  ],
  [
    'users',
    field('isRevoked'),
    'gateway reads isRevoked, which is missing (POST /internal/revoked-sessions/is-revoked of users)',
  ],
  ['users', field('userId'), 'consumers sends other, which is missing (POST /internal/users/email-address of users)'],
  ['payments', field('POST /internal/orders/find'), 'payments asks other, which orders has not'],
]

test.each(breaking)('%s of another build is refused, and who is broken is named: %#', async (name, change, complaint) => {
  const folder = await buildWith(name, change)
  expect(whatWouldBreak(name, { folder, name: folder }).join('\n')).toContain(complaint)
})

test('a field more breaks nobody, nor one that nobody reads', async () => {
  const change = (contract: string) =>
    contract.replaceAll('"description"', '"text"').replace('"stock":{', '"more":{"type":"string"},"stock":{')
  const folder = await buildWith('products', change)
  expect(whatWouldBreak('products', { folder, name: folder })).toEqual([])
})

test('a commit is judged as git has it', async () => {
  const folder = await buildWith('products', field('POST /internal/stock/keep'))
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args])
  git('init', '--quiet')
  git('add', '--all')
  git('-c', 'user.name=somebody', '-c', 'user.email=somebody@example.com', 'commit', '--quiet', '--message', 'broken')
  writeFileSync(contractFile(folder, 'products'), '{}')
  expect(await whatWouldBreakFrom('HEAD', 'products', folder)).toEqual([
    'orders asks POST /internal/stock/keep, which products has not',
  ])
  await expect(whatWouldBreakFrom('HEAD', 'orders', folder)).rejects.toThrow('HEAD holds no contract of orders')
})

describe('the command', () => {
  const run = async (...args: string[]) => {
    const { status, out, error } = await labProcess(['can-i-deploy', ...args], {}).done
    return [status, `${out}${error}`]
  }

  test('says yes, no and why, and what it cannot know', async () => {
    expect(await run('products')).toEqual([0, 'yes: products breaks nobody\n'])
    const broken = await buildWith('products', field('POST /internal/stock/keep'))
    const complaint = 'orders asks POST /internal/stock/keep, which products has not'
    expect(await run('products', '--from', broken)).toEqual([1, `no:\n  ${complaint}\n`])
    expect(await run('orders', '--from', broken)).toEqual([
      1,
      expect.stringContaining('holds no contract of orders: nobody can say'),
    ])
    expect(await run('basket')).toEqual([2, expect.stringContaining('there is no contract of "basket"')])
    expect(await run('products', '--from', 'nonesuch')).toEqual([2, expect.stringContaining('neither a commit nor a folder')])
  })
})
