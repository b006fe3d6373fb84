import { expect, test, vi } from 'vitest'
import { loadStage } from '../../stage/catalogue.ts'
import { planOf } from '../../stage/plan.ts'
import { goBack } from './go-back.ts'

test('what came is ended, and those come back whose place was to be taken, though some do not', async () => {
  const told = vi.spyOn(console, 'error').mockReturnValue()
  const { programs } = planOf(await loadStage('6'), { portBase: 4_000 })
  const named = (...names: string[]) => names.flatMap((name) => programs.filter((program) => program.name === name))
  const done: string[] = []
  const failing = (what: string) => {
    done.push(what)
    return Promise.reject(new Error(what))
  }
  await goBack(
    {
      gone: named('orders-1'),
      changed: named('products-db', 'products-1', 'products-2', 'users-1'),
      begun: new Set(['products-db', 'products-1', 'products-2']),
    },
    {
      startAnew: ({ name }) => failing(name),
      tellPrograms: () => failing('told'),
      end: (ended) => failing(`ended ${ended.map(({ name }) => name)}`),
    },
  )
  expect(done).toEqual(['products-1', 'products-2', 'told', 'ended orders-1', 'products-db'])
  expect(told).toHaveBeenCalledTimes(done.length)
})
