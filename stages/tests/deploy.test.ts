/** One service goes over to another build and back while people shop: the copy of this checkout is the other build. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { labProcess } from '../../apps/lab/runner/lab-process.ts'
import type { ProgramState } from '../../infra/local/state/stage-state.ts'
import { commandLine } from '../../infra/process/process-table.ts'
import { testFolder } from '../../infra/process/test-folder.ts'
import { copyOfProject } from '../../infra/test/mutants/copy-of-project.ts'
import { freshProduct, newShopper, placeOrder, setProduct } from '../contract/people.ts'
import { stateOf } from './running-stages.ts'
import { sharedStage } from './shared-stage.ts'

const ROOT = join(import.meta.dirname, '../..')
const TEST_TIMEOUT_MS = 600_000
/** A copy that was killed is started again on a busy machine. */
const WITHIN = { timeout: 120_000, interval: 100 }

const target = sharedStage(6)
const copies = (): ProgramState[] =>
  stateOf(target()).programs.filter(({ name }) => name.startsWith('products-') && name !== 'products-db')
const lab = (...args: string[]) => labProcess(args, { OUTGROW_DATA: join(target().stateFile, '../../..') })
const deploy = (...args: string[]) => lab('deploy', ...args)
const scale = (products: number) => lab('scale', '6', `products=${products}`)

/** Reads pages and orders, one after the other, until it is told to stop. Answers what was not answered well, and how much was. */
async function shopWhile(work: () => Promise<void>): Promise<{ wrong: string[]; answered: number }> {
  const [shopper, product] = [await newShopper(target()), await freshProduct(target(), 10_000)]
  const wrong: string[] = []
  let [answered, isOver] = [0, false]
  const keep = async (one: () => Promise<void>, pauseMs: number) => {
    while (!isOver) {
      await one().then(
        () => {
          answered += 1
        },
        (error: Error) => wrong.push(error.message),
      )
      await sleep(pauseMs)
    }
  }
  const page = async () => {
    const { status, text } = await shopper.client.get(`/products/${product.id}`)
    if (status !== 200) throw new Error(text)
  }
  // Of orders a shopper may place 100 a minute.
  const shopping = [keep(page, 30), keep(async () => void (await placeOrder(shopper, product.id)), 800)]
  await work().finally(() => {
    isOver = true
  })
  await Promise.all(shopping)
  return { wrong, answered }
}

test('a service is deployed with nobody noticing, stays deployed when a copy dies, and goes back', {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  const build = (await copyOfProject(ROOT)).path
  const seen = new Set<string>()
  const watch = async (args: readonly string[]) => {
    const { done, said } = deploy('6', 'products', ...args)
    let [isOver, status] = [false, -1 as number | null]
    void done.then((ended) => {
      ;[isOver, status] = [true, ended.status]
    })
    for (; !isOver; await sleep(50)) seen.add(new Set(copies().map((copy) => copy.build)).size > 1 ? 'both' : 'one')
    expect(status, said.error).toBe(0)
  }
  const before = copies().map(({ pid }) => pid)
  const deployed = await shopWhile(() => watch(['--from', build]))
  expect(copies().map(({ name, build }) => [name, build])).toEqual([
    ['products-1', build],
    ['products-2', build],
  ])
  const [killed] = copies()
  for (const { pid } of copies()) expect([before.includes(pid), commandLine(pid).includes(build)]).toEqual([false, true])
  process.kill(killed?.pid ?? expect.fail('there are no products'), 'SIGKILL')
  const back = () =>
    copies().find(({ name, condition, pid }) => name === killed?.name && condition === 'up' && pid !== killed.pid)
  await expect.poll(back, WITHIN).toMatchObject({ build })
  expect(commandLine(back()?.pid ?? 0)).toContain(build)
  const undone = await shopWhile(() => watch(['--from', ROOT]))
  expect(copies().map(({ name, build }) => [name, build])).toEqual([
    ['products-1', undefined],
    ['products-2', undefined],
  ])
  expect([...seen].sort()).toEqual(['both', 'one'])
  for (const { wrong, answered } of [deployed, undone]) {
    expect(wrong).toEqual([])
    expect(answered).toBeGreaterThan(20)
  }
})

test('a column comes with one build and goes with another, while copies that know nothing of it answer', {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  const [expand, contract] = [await patched('1-expand'), await patched('2-contract')]
  const product = await freshProduct(target(), 10)
  const restockedAt = async () => (await setProduct(target(), product.id, { stock: 10_000 })) as { restockedAt?: string }
  const steps = [expand, ROOT, contract, ROOT]
  const { wrong } = await shopWhile(async () => {
    for (const from of steps) {
      expect(await deploy('6', 'products', '--from', from).done).toMatchObject({ status: 0 })
      expect('restockedAt' in (await restockedAt())).toBe(from === expand)
    }
  })
  expect(wrong).toEqual([])
})

/** A copy of this checkout with a change of the lesson's. */
async function patched(name: string): Promise<string> {
  const { path } = await copyOfProject(ROOT)
  execFileSync('git', ['apply', join(ROOT, `stages/expand-contract/${name}.patch`)], { cwd: path })
  return path
}

test('Ctrl-C leaves as many copies as before, and says which are new', { timeout: TEST_TIMEOUT_MS }, async () => {
  const build = (await copyOfProject(ROOT)).path
  const { child, said, done } = deploy('6', 'products', '--from', build)
  const interrupt = () => {
    if (!said.error.includes('replacing products-1')) return
    child.stderr?.off('data', interrupt)
    child.kill('SIGINT')
  }
  child.stderr?.on('data', interrupt)
  expect(await done).toMatchObject({ status: 130, out: '' })
  expect(said.error).toContain('products-1 had been replaced; the other old copies stay')
  expect(copies().map(({ name, build }) => [name, build])).toEqual([
    ['products-1', build],
    ['products-2', undefined],
  ])
  // One that comes is of the build of the first.
  expect(await scale(3).done).toMatchObject({ status: 0 })
  expect(copies().map((copy) => copy.build)).toEqual([build, undefined, build])
  expect(await scale(2).done).toMatchObject({ status: 0 })
  expect(await deploy('6', 'products', '--from', ROOT).done).toMatchObject({ status: 0 })
})

test('KILL leaves one copy more, of which the next command tells, and which it ends', { timeout: TEST_TIMEOUT_MS }, async () => {
  const { child, said, done } = deploy('6', 'products', '--from', ROOT)
  child.stderr?.on('data', () => void (said.error.includes('replacing products-1') && child.kill('SIGKILL')))
  expect(await done).toMatchObject({ status: null })
  expect((await lab('status').done).out).toContain('a deploy of products did not come to its end: products-3 is one copy more')
  const { status, out, error } = await scale(2).done
  expect([status, out]).toEqual([0, 'products has 2 copies already; nothing was changed\n'])
  expect(error).toContain('a deploy of products did not come to its end: ending products-3')
  expect(copies().map(({ name, condition }) => [name, condition])).toEqual([
    ['products-1', 'up'],
    ['products-2', 'up'],
  ])
  expect((await lab('status').done).out).not.toContain('did not come to its end')
})

describe('nothing is changed', () => {
  const unchanged = async (args: string[], status: number, complaint: string) => {
    const before = copies().map(({ name, pid }) => [name, pid])
    const ended = await deploy(...args).done
    expect(ended).toMatchObject({ status, out: '' })
    const lines = ended.error.trim().split('\n')
    expect(lines.filter((line) => line.startsWith('error: '))).toHaveLength(1)
    expect(lines.at(-1)).toContain(complaint)
    expect(copies().map(({ name, pid }) => [name, pid])).toEqual(before)
  }

  test('by a build that does not start', { timeout: TEST_TIMEOUT_MS }, async () => {
    const broken = testFolder()
    mkdirSync(join(broken, 'apps/shop'), { recursive: true })
    for (const file of ['package.json', 'package-lock.json']) await copyFile(join(ROOT, file), join(broken, file))
    writeFileSync(join(broken, 'apps/shop/main.ts'), "console.error('error: this build is broken'); process.exit(1)")
    await unchanged(
      ['6', 'products', '--from', broken],
      1,
      'error: this build is broken; the deploy stopped, and the old copies stay',
    )
  })

  test('by what cannot be meant', { timeout: TEST_TIMEOUT_MS }, async () => {
    await unchanged(['6', 'basket', '--from', ROOT], 2, '"basket" is none')
    await unchanged(['3', 'products', '--from', ROOT], 2, 'stage 3-load-balanced has no service called products')
    await unchanged(['6', 'products', '--from', 'nonesuch'], 2, '"nonesuch" is neither a commit nor a folder')
    await unchanged(['6', 'products', '--from', testFolder()], 2, 'is no checkout of Outgrow')
  })
})
