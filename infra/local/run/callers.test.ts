import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import { testFolder } from '../../process/test-folder.ts'
import { loadStage } from '../../stage/catalogue.ts'
import { type Plan, planOf } from '../../stage/plan.ts'
import { stageFiles } from '../state/data-folder.ts'
import { isOurs, leaveCopy, planWithout } from './callers.ts'
import { freePortBase } from './free-port-base.ts'

async function planWith({ stage = '6', set = [] as string[], portBase = 4_000 } = {}): Promise<Plan> {
  return planOf(await loadStage(stage), { portBase, set })
}

test('a copy that is replaced is none of those that others ask', async () => {
  const rest = planWithout(await planWith(), 'products-1')
  const asked = rest?.programs.flatMap((program) => {
    if (program.kind === 'gateway') return [program.to.products?.copies, program.to.orders?.copies]
    return program.name === 'orders-1' && program.kind === 'app' ? [program.remote.products?.copies] : []
  })
  expect(asked).toEqual([['products-2'], ['products-2'], ['orders-1', 'orders-2'], ['products-2'], ['orders-1', 'orders-2']])
  expect(rest?.programs.some(({ name }) => name === 'products-1')).toBe(false)
})

test.each([
  ['the only copy of a service', { set: ['products=1'] }, 'products-1'],
  ['one that nobody asks by its name', { stage: '3' }, 'app-1'],
  ['a database', {}, 'products-db'],
])('%s is asked to the end', async (_what, of, name) => {
  expect(planWithout(await planWith(of), name)).toBeUndefined()
})

test('a copy may end when all who ask it have left it, and have ended what they had with it', async () => {
  const { plan, files, known } = await callers()
  const left = vi.fn()
  const leaving = leaveCopy(plan, plan.programs.find(({ name }) => name === 'products-1') ?? expect.fail(), files).then(left)
  known.isAtWork = true
  await vi.waitFor(() => expect(known.asked?.products).toEqual(['products-2']), { timeout: 20_000 })
  for (let asked = known.times; known.times < asked + 20; ) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(left).not.toHaveBeenCalled()
  known.isAtWork = false
  await leaving
})

test('with drain=off nobody is told', async () => {
  const files = filesIn(testFolder())
  const plan = await planWith({ set: ['drain=off'] })
  await leaveCopy(plan, plan.programs.find(({ name }) => name === 'products-1') ?? expect.fail(), files)
  expect(() => readFileSync(files.copies)).toThrow('ENOENT')
})

type Known = { asked?: Record<string, string[]>; isAtWork: boolean; times: number }

/** Stand-ins for all that ask services: they know what is in the file. */
async function callers() {
  const files = filesIn(testFolder())
  const plan = await planWith({ portBase: await freePortBase() })
  const known: Known = { isAtWork: false, times: 0 }
  const ours = plan.programs.filter(isOurs)
  const servers = ours.map((program) => {
    const to = program.kind === 'gateway' ? program.to : 'remote' in program ? program.remote : {}
    const names = Object.values(to).map(({ service }) => service)
    return createServer((_request, response) => {
      const file = JSON.parse(readFileSync(files.copies, 'utf8')) as Record<string, { name: string }[]>
      const asked = Object.fromEntries(names.map((name) => [name, (file[name] ?? []).map((copy) => copy.name)]))
      const leaving = known.isAtWork ? ['products-1'] : []
      if (program.kind === 'gateway') Object.assign(known, { asked, times: known.times + 1 })
      response.end(JSON.stringify(Object.fromEntries(names.map((name) => [name, { asked: asked[name], leaving }]))))
    }).listen(program.port, '127.0.0.1')
  })
  onTestFinished(() => {
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
  })
  return { plan, files, known }
}

function filesIn(root: string) {
  const files = stageFiles('6-microservices', root)
  mkdirSync(files.folder, { recursive: true })
  return files
}
