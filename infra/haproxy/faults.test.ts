import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../process/until.ts'
import { APPS, SOON, type TestBalancer, testBalancer } from './test-balancer.ts'

const FETCH_WITHIN_MS = 300_000
let balancer: TestBalancer

beforeAll(async () => {
  balancer = await testBalancer()
  await balancer.start()
}, FETCH_WITHIN_MS)

afterAll(() => balancer.stop())

describe('in front of three apps', () => {
  it('asks apps that fail their checks where no app passes them', async () => {
    const turnAll = () => {
      for (const name of APPS) balancer.signal(name, 'SIGUSR2')
    }
    turnAll()
    await sleep(FOUND_DOWN_MS)
    for (let count = 0; count < 9; count++) expect((await balancer.ask('POST', `unwell-${count}`)).status).toBe(200)
    turnAll()
    await sleep(FOUND_DOWN_MS)
  })

  it('lets an app that is told to stop answer what it works on, and gives it nothing more', async () => {
    const slow = Array.from({ length: 12 }, (_, index) => balancer.ask('POST', `leaving-${index}`, { slow: 'yes' }))
    await until(async () => balancer.linesOf('app-3', 'leaving-').length >= 2, SOON)
    const taken = balancer.linesOf('app-3', 'leaving-').length
    balancer.signal('app-3', 'SIGTERM')
    const others = Array.from({ length: 100 }, (_, index) => `meanwhile-${index}`)
    const answers = await inParallel(2, others, (id, index) => balancer.ask(index % 2 === 0 ? 'GET' : 'POST', id))
    expect(answers.map(({ status }) => status)).toEqual(others.map(() => 200))
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual(slow.map(() => 200))
    await until(async () => balancer.exitCode('app-3') === 0, SOON)
    expect(balancer.linesOf('app-3', 'leaving-')).toHaveLength(taken)
    await restarted('app-3')
  }, 30_000)

  it('loses no read and sends no write twice when an app hangs, and lets nobody wait for it', async () => {
    const ids = Array.from({ length: 600 }, (_, index) => `hang-${index}`)
    let answered = 0
    const answers = await inParallel(12, ids, async (id, index) => {
      const answer = await balancer.ask(index % 2 === 0 ? 'GET' : 'POST', id)
      answered += 1
      if (answered === FAULT_AFTER_ANSWERS) balancer.signal('app-2', 'SIGSTOP')
      return answer
    })
    // All have ended, and the app hangs still: none of them has waited for it.
    const failed = ids.filter((_, index) => answers[index]?.status !== 200)
    const writes = ids.filter((_, index) => index % 2 === 1)
    expect(failed.filter((id) => !writes.includes(id))).toEqual([])
    expect(failed.length).toBeLessThanOrEqual(12)
    expect(answers.map(({ status }) => status)).not.toContain(504)
    balancer.signal('app-2', 'SIGCONT')
    await until(async () => (await balancer.ask('GET', 'woken')).text === 'app-2', SOON)
    expect(writes.filter((id) => balancer.linesWith(id).length > 1)).toEqual([])
  }, 30_000)

  it('leaves apps in that are out of breath', async () => {
    const before = balancer.downs()
    for (const name of APPS) balancer.signal(name, 'SIGUSR1')
    await sleep(OUT_OF_BREATH_MS)
    expect(balancer.downs()).toEqual(before)
    for (const name of APPS) balancer.signal(name, 'SIGKILL')
    for (const name of APPS) await restarted(name)
  }, 30_000)

  it('loses no read and sends no write twice when an app is killed', async () => {
    const ids = Array.from({ length: 600 }, (_, index) => `kill-${index}`)
    let answered = 0
    const answers = await inParallel(12, ids, async (id, index) => {
      const answer = await balancer.ask(index % 2 === 0 ? 'GET' : 'POST', id)
      answered += 1
      if (answered === FAULT_AFTER_ANSWERS) balancer.signal('app-2', 'SIGKILL')
      return answer
    })
    const failed = ids.filter((_, index) => answers[index]?.status !== 200)
    expect(failed.filter((id) => Number(id.slice(5)) % 2 === 0)).toEqual([])
    expect(failed.length).toBeLessThanOrEqual(12)
    const writes = ids.filter((_, index) => index % 2 === 1)
    expect(writes.filter((id) => balancer.linesWith(id).length > 1)).toEqual([])
  }, 30_000)

  it('says 503 with Retry-After when no app is left', async () => {
    for (const name of ['app-1', 'app-3']) balancer.signal(name, 'SIGKILL')
    await until(async () => (await balancer.ask('POST', 'nobody')).status === 503, SOON)
    const { status, headers, text } = await balancer.ask('POST', 'nobody')
    expect([status, headers['retry-after'], headers['content-type']]).toEqual([503, '1', 'application/problem+json'])
    expect(JSON.parse(text)).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
  })
})

/** Two checks and some: were it too short, the test would prove less. */
const FOUND_DOWN_MS = 1_500

/** Of 600: well before the last of them, and with every app busy. */
const FAULT_AFTER_ANSWERS = 100

const OUT_OF_BREATH_MS = 5_000

/** It has ended, is started again, and gets requests. */
async function restarted(name: string): Promise<void> {
  balancer.startApp(name)
  await until(async () => (await balancer.ask('GET', 'restarted')).text === name, SOON)
}

async function inParallel<Item, Result>(
  width: number,
  items: Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const rest = items.entries()
  const worker = async () => {
    for (const [index, item] of rest) results[index] = await work(item, index)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
