/** A page of services: who asks whom, who knows whose secret, and what goes round in a circle. */
import { expect, test } from 'vitest'
import balanced from '../../stages/3-load-balanced.ts'
import microservices from '../../stages/6-microservices.ts'
import { planDiagram } from '../diagram/diagram.ts'
import type { AppProgram, GatewayProgram } from './app-programs.ts'
import { boxesOf } from './boxes.ts'
import { planOf, storesIn } from './plan.ts'
import { type App, app, bank, gateway, loadBalancer, mysql, redis } from './topology.ts'

const plan = planOf(microservices, { portBase: 4_000 })
const appCalled = (name: string) => plan.programs.find((program) => program.name === name) as AppProgram
const gateways = plan.programs.filter((program): program is GatewayProgram => program.kind === 'gateway')

test('each service has the modules, rows and copies of its own', () => {
  expect(plan.programs.filter(({ kind }) => kind === 'app').map(({ name }) => name)).toEqual([
    'users-1',
    'users-2',
    'products-1',
    'products-2',
    'orders-1',
    'orders-2',
    'payments-1',
    'payments-2',
  ])
  for (const module of ['users', 'products', 'orders', 'payments'] as const) {
    const { service, modules, data } = appCalled(`${module}-2`)
    expect([service, modules, Object.keys(data)]).toEqual([module, [module], [module]])
  }
  expect(storesIn(plan).map(({ name, holds }) => [name, holds])).toEqual([
    ['users-db', ['users']],
    ['products-db', ['products']],
    ['orders-db', ['orders']],
    ['payments-db', ['payments']],
    ['consumers-db', []],
  ])
})

test('orders ask products and payments ask orders, and no other arrow leads from service to service', () => {
  const asks = (name: string) => Object.entries(appCalled(name).remote).map(([module, { copies }]) => [module, copies])
  expect(asks('users-1')).toEqual([])
  expect(asks('products-1')).toEqual([])
  expect(asks('orders-1')).toEqual([['products', ['products-1', 'products-2']]])
  expect(asks('payments-1')).toEqual([['orders', ['orders-1', 'orders-2']]])
  const door = { name: 'gateway', passesOn: true }
  expect(appCalled('users-1').callers).toEqual([door, { name: 'consumers', passesOn: false }])
  expect(appCalled('products-2').callers).toEqual([{ name: 'orders', passesOn: false }, door])
  expect(appCalled('orders-1').callers).toEqual([{ name: 'payments', passesOn: false }, door])
  expect(appCalled('payments-1').callers).toEqual([door])
})

test('the gateways answer the edge, and know a service for each module', () => {
  expect(plan.programs.find(({ kind }) => kind === 'haproxy')).toMatchObject({ to: ['gateway-1', 'gateway-2'] })
  expect(gateways.map(({ behindProxy, to }) => [behindProxy, Object.keys(to)])).toEqual(
    Array(2).fill([true, ['users', 'products', 'orders', 'payments']]),
  )
  expect(appCalled('orders-1').behindProxy).toBe(false)
})

test('how many copies a service or the gateway has is a setting of the page', () => {
  const changed = planOf(microservices, { portBase: 4_000, set: ['products=3', 'gateway=1'] })
  const { programs } = changed
  const of = (service: string) => programs.flatMap((one) => ('service' in one && one.service === service ? [one.name] : []))
  expect([of('products'), of('gateway'), of('orders')]).toEqual([
    ['products-1', 'products-2', 'products-3'],
    ['gateway-1'],
    ['orders-1', 'orders-2'],
  ])
  const [door] = programs.filter((program): program is GatewayProgram => program.kind === 'gateway')
  expect(door?.to.products?.copies).toEqual(['products-1', 'products-2', 'products-3'])
  expect(programs.find(({ kind }) => kind === 'haproxy')).toMatchObject({ to: ['gateway-1'] })
  const picture = planDiagram(changed)
  for (const { name } of programs) expect(picture).toContain(name)
  expect(picture).not.toContain('gateway-2')
})

test.each([
  ['products=0', '"0" is no value for the setting products: it takes a whole number from 1 to 8'],
  ['gateway=nine', '"nine" is no value for the setting gateway'],
])('copies that cannot be meant are refused: %s', (pair, complaint) => {
  expect(() => planOf(microservices, { portBase: 4_000, set: [pair] })).toThrow(complaint)
})

// As many as services have where nothing is said, too: it was asked for.
test.each(['products=3', 'products=2', 'gateway=2'])('a stage without such a service refuses copies of it: %s', (pair) => {
  const [name] = pair.split('=')
  expect(() => planOf(balanced, { portBase: 4_000, set: [pair] })).toThrow(
    `stage 3-load-balanced has no box called ${name}, of which ${pair} asks for copies`,
  )
})

test('orders tell what happens to them, and consumers behind the entry do what is to be done about it', () => {
  const events = { group: 'events', servers: ['events-1', 'events-2'] }
  const telling = plan.programs.flatMap((program) => (program.kind === 'app' && program.events ? [program.name] : []))
  expect(telling).toEqual(['orders-1', 'orders-2'])
  const consumers = plan.programs.filter(({ kind }) => kind === 'consumers')
  expect(consumers.map(({ name }) => name)).toEqual(['consumers-1', 'consumers-2'])
  for (const one of consumers)
    expect(one).toMatchObject({ events, data: { name: 'consumers-db' }, remote: { users: { copies: ['users-1', 'users-2'] } } })
  expect(plan.programs.flatMap(({ after }) => after)).not.toContain('consumers-1')
})

test('services that ask each other are refused', () => {
  const cards = bank('bank')
  const one = { ...app('one', { modules: ['orders'], data: mysql('a'), bank: cards }), calls: [] as App[] }
  const other = app('other', { modules: ['payments'], data: mysql('b'), bank: cards, calls: [one] })
  one.calls.push(other)
  const front = gateway('front', { to: [one], state: redis('state', { role: 'state' }) })
  expect(() => boxesOf(loadBalancer('edge', { to: front }))).toThrow('the arrows go in a circle: one → other → one')
})
