/** Copies of a service that answer, die, hang, leave and come back; and requests that nobody waits for any more. */
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../infra/process/free-port.ts'
import { ShopError } from '../http/errors.ts'
import { MOST_AT_ONCE, type Sent } from './copy.ts'
import { connectService, type Service } from './service.ts'
import { TestCopy } from './test-copy.ts'

const GET: Sent = { method: 'GET', path: '/', headers: {} }
const POST: Sent = { method: 'POST', path: '/', headers: {}, body: '{}' }
/** Where nothing hangs a machine out of breath may take its time. */
const PATIENT_MS = 10_000
const IMPATIENT_MS = 400
const LONG_MS = 5_000

let copies: TestCopy[] = []
afterEach(() => {
  for (const copy of copies) copy.die()
})

async function started(count: number, patienceMs = PATIENT_MS): Promise<Service> {
  copies = []
  for (let number = 1; number <= count; number += 1) copies.push(new TestCopy(`copy-${number}`, await freePort()))
  await Promise.all(copies.map((copy) => copy.start()))
  const places = copies.map(({ name, port }) => ({ name, url: `http://127.0.0.1:${port}` }))
  const service = connectService('the service', places, { patienceMs })
  onTestFinished(() => service.close())
  return service
}

async function ask(service: Service, sent = GET, withinMs = LONG_MS): Promise<string> {
  const answer = await service.send(sent, { withinMs })
  return answer.body.text().finally(answer.done)
}

const many = (count: number, work: () => Promise<string>) => Promise.all(Array.from({ length: count }, work))
const unavailable = { name: 'ShopError', code: 'UNAVAILABLE', retryAfterS: 1 }

test('copies are asked in turn, and who has more to do is asked less', async () => {
  const service = await started(3)
  for (let turn = 0; turn < 30; turn += 1) await ask(service)
  expect(copies.map(({ asked }) => asked)).toEqual([10, 10, 10])
  const held: ServerResponse[] = []
  copies[0]?.answer((_request, response) => void held.push(response))
  const busy = many(3, () => ask(service))
  await expect.poll(() => held.length, { interval: 5 }).toBe(1)
  for (let turn = 0; turn < 20; turn += 1) expect(['copy-2', 'copy-3']).toContain(await ask(service))
  for (const response of held) response.end('late')
  expect((await busy).sort()).toEqual(['copy-2', 'copy-3', 'late'])
})

describe('a copy that is dead', () => {
  test('is passed over, also by what is not safe, as nothing of it was sent', async () => {
    const service = await started(2)
    copies[0]?.die()
    const answers = []
    for (let turn = 0; turn < 10; turn += 1) answers.push(await ask(service, POST))
    expect(new Set(answers)).toEqual(new Set(['copy-2']))
  })

  test('is passed over where its very name is gone', async () => {
    await started(1)
    const there = { name: 'copy-1', url: `http://127.0.0.1:${copies[0]?.port}` }
    const gone = { name: 'copy-2', url: 'http://no-such-host.invalid:4000' }
    const service = connectService('the service', [gone, there], { patienceMs: PATIENT_MS })
    onTestFinished(() => service.close())
    const answers = []
    for (let turn = 0; turn < 4; turn += 1) answers.push(await ask(service, POST))
    expect(answers).toEqual(Array.from({ length: 4 }, () => 'copy-1'))
  })

  test('is asked again when it is back', async () => {
    const service = await started(2)
    copies[0]?.die()
    for (let turn = 0; turn < 4; turn += 1) await ask(service)
    await copies[0]?.start()
    await expect.poll(async () => new Set(await many(4, () => ask(service))).size, { interval: 50 }).toBe(2)
  })

  test('with all others is said to be away, with when to come again', async () => {
    const service = await started(2)
    for (const copy of copies) copy.die()
    await expect(ask(service)).rejects.toMatchObject(unavailable)
    expect(service.isUp()).toBe(false)
    await copies[1]?.start()
    await expect.poll(() => ask(service).catch(() => 'away'), { interval: 50 }).toBe('copy-2')
  })

  test('and had a request in its hands is not asked it again, nor is another', async () => {
    const service = await started(2)
    for (const copy of copies) copy.answer((request) => request.socket.destroy())
    await expect(ask(service, POST)).rejects.toMatchObject(unavailable)
    expect(copies.reduce((sum, { asked }) => sum + asked, 0)).toBe(1)
  })
})

describe('a copy that hangs', () => {
  test('is found out by who waits for it, lets go what it has, and is passed over', async () => {
    const service = await started(2, IMPATIENT_MS)
    copies[0]?.hang(true)
    const first = await Promise.allSettled(Array.from({ length: 4 }, () => ask(service)))
    // Two of them are its own: far sooner than the time that they have.
    expect(first.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    expect(new Set(await many(10, () => ask(service)))).toEqual(new Set(['copy-2']))
    copies[0]?.hang(false)
    await expect.poll(async () => new Set(await many(4, () => ask(service))).size, { interval: 50 }).toBe(2)
  })

  test('is found out too where it begins to hang in the middle of an answer', async () => {
    const service = await started(1, IMPATIENT_MS)
    copies[0]?.answer(() => void setTimeout(() => copies[0]?.hang(true), 400))
    // Longer than the test has.
    await expect(ask(service, GET, 600_000)).rejects.toMatchObject(unavailable)
  })

  test('with all others is not waited for by who comes later either', async () => {
    const service = await started(2, IMPATIENT_MS)
    for (const copy of copies) copy.hang(true)
    for (let turn = 0; turn < 4; turn += 1) await expect(ask(service, GET, 600_000)).rejects.toMatchObject(unavailable)
    copies[1]?.hang(false)
    await expect.poll(() => ask(service).catch(() => 'away'), { interval: 50 }).toBe('copy-2')
  })

  test('is waited for to the end where nobody is to give it up', async () => {
    await started(1)
    const service = connectService('the service', placesOf(copies), { patienceMs: 1, givesUpSilent: false })
    onTestFinished(() => service.close())
    copies[0]?.hang(true)
    await expect(ask(service, GET, 1_000)).rejects.toMatchObject({ cause: { message: 'copy-1 did not answer within 1000 ms' } })
    expect(service.isUp()).toBe(true)
  })

  test('is not confused with one that takes its time', async () => {
    const service = await started(2)
    copies[0]?.answer((_request, response) => void setTimeout(() => response.end('slow'), 900))
    copies[1]?.answer((_request, response) => void setTimeout(() => response.end('slow'), 900))
    expect(await many(4, () => ask(service))).toEqual(['slow', 'slow', 'slow', 'slow'])
  })
})

test('a copy that takes nothing new, and says so when it is asked, ends what it has', async () => {
  const service = await started(1)
  copies[0]?.answer((_request, response) => void setTimeout(() => response.end('slow'), 900))
  const slow = ask(service)
  copies[0]?.leave()
  expect(await slow).toBe('slow')
  expect(service.isUp()).toBe(false)
})

test.each([
  ['has closed its port', (copy: TestCopy) => copy.closePort()],
  ['closes the connection on which it is asked', (copy: TestCopy) => copy.cutChecks()],
])('a copy that %s ends what it has', async (_what, leave) => {
  const service = await started(1)
  const held: ServerResponse[] = []
  copies[0]?.answer((_request, response) => void held.push(response))
  const slow = ask(service, GET, 600_000)
  await expect.poll(() => held.length, { interval: 5, timeout: LONG_MS }).toBe(1)
  leave(copies[0] ?? expect.fail())
  await expect.poll(() => service.isUp(), { interval: 5, timeout: LONG_MS }).toBe(false)
  held[0]?.end('to the end')
  expect(await slow).toBe('to the end')
})

test('a copy that says goodbye ends what it has and gets nothing new', async () => {
  const service = await started(2)
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>()
  copies[0]?.answer((_request, response) => {
    arrive()
    setTimeout(() => response.end('slow'), 200)
  })
  const slow = many(2, () => ask(service))
  await arrived
  copies[0]?.answer((_request, response) => void response.setHeader('connection', 'close').end('goodbye'))
  await expect.poll(() => ask(service), { interval: 5 }).toBe('goodbye')
  // Its check still says yes in this test, so that it comes back after a while; a real one says no.
  const next = await many(3, () => ask(service))
  expect(new Set(next)).toEqual(new Set(['copy-2']))
  expect(await slow).toContain('slow')
})

const placesOf = (some: readonly TestCopy[]) => some.map(({ name, port }) => ({ name, url: `http://127.0.0.1:${port}` }))

test('a copy that comes later gets its share, and the others keep what they have', async () => {
  const service = await started(2)
  const [first, second] = copies as [TestCopy, TestCopy]
  service.change(placesOf([first]))
  for (let turn = 0; turn < 4; turn += 1) expect(await ask(service)).toBe('copy-1')
  service.change(placesOf([first, second]))
  for (let turn = 0; turn < 10; turn += 1) await ask(service)
  expect([first.asked, second.asked]).toEqual([9, 5])
  expect(service.copies()).toEqual({ asked: ['copy-1', 'copy-2'], leaving: [] })
})

test('a copy that leaves ends what it has and gets nothing new', async () => {
  const service = await started(2)
  const [first, second] = copies as [TestCopy, TestCopy]
  const held: ServerResponse[] = []
  second.answer((_request, response) => void held.push(response))
  const underWay = many(2, () => ask(service))
  await expect.poll(() => held.length, { interval: 5 }).toBe(1)
  service.change(placesOf([first]))
  for (let turn = 0; turn < 4; turn += 1) expect(await ask(service)).toBe('copy-1')
  expect(service.copies()).toEqual({ asked: ['copy-1'], leaving: ['copy-2'] })
  for (const response of held) response.end('to the end')
  expect(await underWay).toContain('to the end')
  await expect.poll(() => service.copies().leaving, { interval: 5 }).toEqual([])
})

test('an answer that is late is broken off, and the copy hears of it', async () => {
  const service = await started(1)
  const { promise: brokenOff, resolve } = Promise.withResolvers<void>()
  copies[0]?.answer((_request, response) => void response.once('close', resolve))
  await expect(ask(service, GET, 100)).rejects.toMatchObject(unavailable)
  await brokenOff
})

test('what nobody waits for any more is broken off, and the copy hears of it', async () => {
  const service = await started(1)
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>()
  const { promise: brokenOff, resolve } = Promise.withResolvers<void>()
  copies[0]?.answer((_request, response) => {
    response.once('close', resolve)
    arrive()
  })
  const client = new AbortController()
  const sending = service.send(GET, { withinMs: LONG_MS, signal: client.signal })
  await arrived
  client.abort(new Error('the client has hung up'))
  await expect(sending).rejects.toBeInstanceOf(ShopError)
  await brokenOff
})

test('a copy gets so much at once and no more', async () => {
  const service = await started(1)
  const waiting: ServerResponse[] = []
  copies[0]?.answer((_request, response) => void waiting.push(response))
  const sent = Array.from({ length: MOST_AT_ONCE }, () => ask(service))
  await expect.poll(() => waiting.length > 0, { interval: 5 }).toBe(true)
  await expect(ask(service)).rejects.toMatchObject(unavailable)
  const answering = setInterval(() => {
    for (const response of waiting.splice(0)) response.end('done')
  }, 5)
  expect(new Set(await Promise.all(sent))).toEqual(new Set(['done']))
  clearInterval(answering)
})
