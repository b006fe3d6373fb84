/** A service that is slow has its own share of places; one that answers nothing is not asked, and asked again when it is back. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MOST_AT_ONCE as PLACES } from '../../../infra/haproxy/config.ts'
import { ShopError } from '../http/errors.ts'
import { FAILURES_IN_A_ROW, type Guards, guarded, PLACES_OF_ONE, TRY_AGAIN_AFTER_MS } from './guarded.ts'
import type { Answer, Service } from './service.ts'

const GET = { method: 'GET', path: '/', headers: {} } as const
const WITHIN = { withinMs: 60_000 }
/** For a call that waits until it is told: it is not late. */
const PATIENT_MS = 100_000
const IMPATIENT_MS = 100
const unavailable = { code: 'UNAVAILABLE', retryAfterS: 1 }
const ANSWER = { from: 'copy-1' } as Answer

/** What a request carries with it wherever it goes. */
const context = new AsyncLocalStorage<string>()

type Waiting = PromiseWithResolvers<Answer>

/** A service that answers when the test says so. */
function held(guards: Partial<Guards> = {}) {
  const waiting: Waiting[] = []
  const contexts: (string | undefined)[] = []
  let isUp = true
  const inner: Service = {
    send: () => {
      const one = Promise.withResolvers<Answer>()
      waiting.push(one)
      contexts.push(context.getStore())
      return one.promise
    },
    isUp: () => isUp,
    change: () => {},
    copies: () => ({ asked: [], leaving: [] }),
    close: async () => {},
  }
  const service = guarded('the service', inner, {
    breaker: 'on',
    bulkhead: 'on',
    edgePatienceMs: PATIENT_MS,
    giveUpSilent: 'on',
    retries: 'budget',
    ...guards,
  })
  const ask = (signal?: AbortSignal) => service.send(GET, { ...WITHIN, ...(signal && { signal }) })
  const asked = () => waiting.length
  const answer = () => waiting.shift()?.resolve(ANSWER)
  const fail = () => waiting.shift()?.reject(new ShopError('UNAVAILABLE', 'it does not answer'))
  const isAway = (away: boolean) => {
    isUp = !away
  }
  return { ask, asked, answer, fail, isAway, contexts }
}

const times = (count: number, work: () => Promise<Answer>) => Array.from({ length: count }, work)
const results = async (calls: Promise<Answer>[]) => (await Promise.allSettled(calls)).map(({ status }) => status)

async function failInARow({ ask, fail }: ReturnType<typeof held>, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    const asking = ask()
    fail()
    await expect(asking).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  }
}

describe('its share of places', () => {
  test('is what a service has in its hands; who comes next waits for a place, and goes on in its own context', async () => {
    const { ask, asked, answer, contexts } = held()
    const first = times(PLACES_OF_ONE, ask)
    const next = context.run('its own', () => ask())
    expect(asked()).toBe(PLACES_OF_ONE)
    answer()
    await expect.poll(asked).toBe(PLACES_OF_ONE)
    for (let turn = 0; turn < PLACES_OF_ONE; turn += 1) answer()
    await Promise.all([...first, next])
    expect(contexts).toEqual([...first.map(() => undefined), 'its own'])
  })

  test('is refused with when to come again, to who has waited for a moment and to who would be too many', async () => {
    const { ask, asked } = held({ edgePatienceMs: IMPATIENT_MS, breaker: 'off' })
    void times(PLACES_OF_ONE, ask)
    await expect(ask()).rejects.toMatchObject(unavailable)
    const { ask: askPatiently } = held()
    void times(PLACES, askPatiently)
    await expect(askPatiently()).rejects.toMatchObject(unavailable)
    expect(asked()).toBe(PLACES_OF_ONE)
  })

  test('is waited for by those who still do: who has given up keeps nobody from it', async () => {
    const { ask, asked, answer } = held({ edgePatienceMs: PATIENT_MS, breaker: 'off' })
    void times(PLACES_OF_ONE, ask)
    const clients = Array.from({ length: PLACES - PLACES_OF_ONE }, () => new AbortController())
    const gone = clients.map(({ signal }) => ask(signal))
    for (const client of clients) client.abort()
    expect(new Set(await results(gone))).toEqual(new Set(['rejected']))
    const next = ask()
    for (let turn = 0; turn <= PLACES_OF_ONE; turn += 1) {
      await expect.poll(asked).toBeGreaterThan(0)
      answer()
    }
    expect(await next).toBe(ANSWER)
  })

  test('is given back by who has hung up before there was a place', async () => {
    const { ask, asked, answer } = held()
    void times(PLACES_OF_ONE, ask)
    const client = new AbortController()
    const gone = ask(client.signal)
    client.abort()
    await expect(gone).rejects.toMatchObject(unavailable)
    const next = ask()
    answer()
    await expect.poll(asked).toBe(PLACES_OF_ONE)
    for (let turn = 0; turn < PLACES_OF_ONE; turn += 1) answer()
    expect(await next).toBe(ANSWER)
  })

  test('is no limit where the setting is off', async () => {
    const { ask, asked } = held({ bulkhead: 'off' })
    void times(PLACES * 2, ask)
    expect(asked()).toBe(PLACES * 2)
  })
})

describe('a service that answers nothing', () => {
  // Time stands still for the breaker, until a test lets it pass.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())
  const letAMomentPass = () => vi.setSystemTime(Date.now() + TRY_AGAIN_AFTER_MS)

  test('is not asked after so many failures in a row, and asked again by one when a moment is over', async () => {
    const at = held()
    at.isAway(true)
    await failInARow(at, FAILURES_IN_A_ROW)
    await expect(at.ask()).rejects.toMatchObject(unavailable)
    expect(at.asked()).toBe(0)
    letAMomentPass()
    const tried = at.ask()
    expect(at.asked()).toBe(1)
    // Nobody waits for what comes of that.
    await expect(at.ask()).rejects.toMatchObject(unavailable)
    at.isAway(false)
    at.answer()
    expect(await tried).toBe(ANSWER)
    await expect
      .poll(() => {
        at.ask().catch(() => {})
        return at.asked()
      })
      .toBeGreaterThan(1)
  })

  test('is asked still where one answer came between the failures, or another copy is up', async () => {
    const at = held()
    at.isAway(true)
    await failInARow(at, FAILURES_IN_A_ROW - 1)
    const good = at.ask()
    at.answer()
    await good
    await failInARow(at, FAILURES_IN_A_ROW - 1)
    at.isAway(false)
    await failInARow(at, FAILURES_IN_A_ROW)
    void at.ask()
    expect(at.asked()).toBe(1)
  })

  test('is one too whose answers are late, though who waits for them gets them', async () => {
    const at = held({ edgePatienceMs: IMPATIENT_MS, bulkhead: 'off' })
    const late = times(FAILURES_IN_A_ROW, at.ask)
    const messages: string[] = []
    await expect
      .poll(
        () => {
          at.ask().catch(({ message }) => messages.push(message))
          return messages.join()
        },
        { interval: IMPATIENT_MS, timeout: IMPATIENT_MS * 100 },
      )
      .toMatch(/is not asked/)
    while (at.asked() > 0) at.answer()
    expect(new Set(await results(late))).toEqual(new Set(['fulfilled']))
  })

  test('is not made one by clients who hang up, nor back by one', async () => {
    const at = held()
    at.isAway(true)
    const hangUp = async () => {
      const client = new AbortController()
      const gone = at.ask(client.signal)
      client.abort()
      at.fail()
      await expect(gone).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    }
    for (let turn = 0; turn < FAILURES_IN_A_ROW; turn += 1) await hangUp()
    const still = at.ask()
    expect(at.asked()).toBe(1)
    at.answer()
    await still
    await failInARow(at, FAILURES_IN_A_ROW)
    letAMomentPass()
    const client = new AbortController()
    const tried = at.ask(client.signal).catch(({ message }) => message)
    client.abort()
    at.fail()
    expect(await tried).not.toMatch(/is not asked/)
    await expect(at.ask()).rejects.toThrow(/is not asked/)
  })

  test('is asked for ever where the setting is off', async () => {
    const at = held({ breaker: 'off' })
    at.isAway(true)
    await failInARow(at, FAILURES_IN_A_ROW * 2)
    void at.ask()
    expect(at.asked()).toBe(1)
  })
})
