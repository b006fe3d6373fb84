import { expect, test } from 'vitest'
import { loadStage } from '../../stage/catalogue.ts'
import { planOf } from '../../stage/plan.ts'
import { buildsIn } from './builds.ts'

const [ONE, OTHER] = ['one', 'other'].map((name) => ({ name, folder: `/${name}` })) as [never, never]
const page = await loadStage('6')
const planWith = (products: number) => planOf(page, { portBase: 4_000, changed: [`products=${products}`] })

test('what is deployed is of its build, and what runs stays what it is', () => {
  const now = { programs: planWith(2).programs, builds: { 'products-2': ONE } }
  expect(buildsIn(planWith(3), now, { programs: ['products-3'], build: OTHER })).toEqual({
    'products-2': ONE,
    'products-3': OTHER,
  })
  expect(buildsIn(planWith(2), now, { programs: ['products-2'] })).toEqual({})
})

test('a copy that comes is of the build of the first, not of one that had its name', () => {
  const deployed = { programs: planWith(2).programs, builds: { 'products-1': ONE, 'products-2': ONE, 'orders-1': OTHER } }
  expect(buildsIn(planWith(3), deployed)).toEqual({ ...deployed.builds, 'products-3': ONE })
  const refused = { programs: planWith(2).programs, builds: { 'products-3': OTHER } }
  expect(buildsIn(planWith(3), refused)).toEqual({})
})

test('nothing is kept of copies that go', () => {
  const now = { programs: planWith(3).programs, builds: { 'products-1': ONE, 'products-3': OTHER } }
  expect(buildsIn(planWith(2), now)).toEqual({ 'products-1': ONE })
})
