import { expect, test } from 'vitest'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { planOf } from '../../../infra/stage/plan.ts'
import type { Settings } from '../../../infra/stage/settings.ts'
import { InputError } from '../runner/command.ts'
import { deployRequest, refuseFull, refuseStage } from './request.ts'

test('a service, and where it comes from', () => {
  expect(deployRequest(['6', 'products', '--from', 'HEAD~1'])).toEqual({ stage: '6', service: 'products', from: 'HEAD~1' })
})

test.each([
  [['6', 'products'], 'deploy takes a stage, one service, and --from with a commit or a folder'],
  [['6', '--from', 'main'], 'deploy takes a stage, one service'],
  [['6', 'products', 'orders', '--from', 'main'], 'deploy takes a stage, one service'],
  [['6', 'gateway', '--from', 'main'], 'deploy is for services: users, products, orders, payments; "gateway" is none'],
  [['6', 'basket', '--from', 'main'], '"basket" is none'],
  [['6', 'products', '--to', 'main'], '--to'],
])('%j is refused in one line, with status 2', (args, complaint) => {
  const refused = () => deployRequest(args)
  expect(refused).toThrow(complaint)
  expect(refused).toThrow(InputError)
})

test('a stage without the service is named, running or not', async () => {
  const refused = async (stage: string) => refuseStage(planOf(await loadStage(stage), { portBase: 4_000 }), 'products')
  await expect(refused('3')).rejects.toThrow('stage 3-load-balanced has no service called products')
  await expect(refused('6')).resolves.toBeUndefined()
})

test('a service with no place for a copy more is told what to do', () => {
  const refused = (products: number) => refuseFull({ stage: 6, settings: { products } as Settings }, 'products')
  expect(() => refused(8)).toThrow('first: npm run scale -- 6 products=7')
  expect(() => refused(7)).not.toThrow()
})
