import { appendFile, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildBank } from './bank.ts'
import { openLedger } from './ledger.ts'

let folder: string
let path: string
let bank: ReturnType<typeof buildBank>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outgrow-bank-'))
  path = join(folder, 'new', 'ledger.jsonl')
  bank = buildBank(await openLedger(path))
})
afterEach(async () => {
  await bank.close()
  await rm(folder, { recursive: true })
})

const charge = (key: string, { card = 'tok_approved', amountCents = 500 as unknown, reference = 'ord_1' } = {}) =>
  bank.inject({ method: 'POST', url: '/charges', headers: { 'idempotency-key': key }, payload: { amountCents, card, reference } })

async function restart(): Promise<void> {
  await bank.close()
  bank = buildBank(await openLedger(path))
}

const ledger = async () => (await bank.inject('/ledger')).json()

/** Of this process; none where the system does not tell. */
async function openFiles(): Promise<string[]> {
  const own = '/proc/self/fd'
  const files = await readdir(own).catch(() => [])
  return Promise.all(files.map((file) => readlink(join(own, file)).catch(() => '')))
}

describe('a charge', () => {
  test('is made once for a key, across a restart too', async () => {
    const first = await charge('k')
    expect([first.statusCode, first.json().status]).toEqual([201, 'captured'])
    await restart()
    const again = await charge('k')
    expect([again.body, again.headers['idempotent-replayed']]).toEqual([first.body, 'true'])
    expect(await ledger()).toMatchObject({ charges: [{ key: 'k', amountCents: 500 }], totalCents: 500 })
  })

  test('asked for 30 times at once is made once', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => charge('k', { card: 'tok_slow' })))
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
    expect((await ledger()).totalCents).toBe(500)
  })

  test('takes as long as the bank was told, and not longer than it may be told', async () => {
    const tell = (ms: number) => bank.inject({ method: 'PUT', url: '/delay', payload: { ms } })
    expect((await tell(100)).statusCode).toBe(204)
    const startedAt = performance.now()
    expect((await charge('k')).statusCode).toBe(201)
    // A timer may be a moment early.
    expect(performance.now() - startedAt).toBeGreaterThan(95)
    expect((await tell(10_000)).statusCode).toBe(400)
  })

  test.each([{ amountCents: 501 }, { reference: 'ord_2' }, { card: 'tok_slow' }])(
    'with its key and %o is refused',
    async (other) => {
      await charge('k')
      expect((await charge('k', other)).json()).toMatchObject({ status: 422, code: 'KEY_REUSED' })
    },
  )

  test('of a bad or unknown card is declined, and stays declined', async () => {
    for (const card of ['tok_declined', 'tok_unknown']) {
      expect((await charge(card, { card })).json()).toMatchObject({ status: 402, code: 'CARD_DECLINED' })
      expect((await charge(card, { card })).statusCode).toBe(402)
    }
    expect((await bank.inject('/charges/tok_declined')).json()).toMatchObject({ status: 'declined' })
    expect((await ledger()).totalCents).toBe(0)
  })

  test.each([-1, 1.5, '5', null, 1e13])('of %s cents is refused', async (amountCents) => {
    expect((await charge('k', { amountCents })).json()).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
    expect((await bank.inject('/charges/k')).statusCode).toBe(404)
  })

  test('with tok_lost_reply is made, but only a repeat gets the answer', async () => {
    await bank.listen({ host: '127.0.0.1', port: 0 })
    const { port } = bank.server.address() as AddressInfo
    const body = JSON.stringify({ amountCents: 500, card: 'tok_lost_reply', reference: 'ord_1' })
    const headers = { 'idempotency-key': 'k', 'content-type': 'application/json' }
    const ask = () => fetch(`http://127.0.0.1:${port}/charges`, { method: 'POST', headers, body })
    await expect(ask()).rejects.toThrow()
    expect((await ledger()).totalCents).toBe(500)
    expect((await ask()).status).toBe(201)
    expect((await ledger()).charges).toHaveLength(1)
  })
})

describe('the ledger', () => {
  test('has two postings for each captured charge, which sum to 0', async () => {
    await charge('k1')
    await charge('k2', { card: 'tok_declined' })
    const lines = (await readFile(path, 'utf8')).trim().split('\n')
    const postings = lines.map((line) => JSON.parse(line).postings.map(({ cents }: { cents: number }) => cents))
    expect(postings).toEqual([[-500, 500], []])
  })

  test('begins anew when it is told to, across a restart too, and erases nothing', async () => {
    await charge('k1')
    expect((await bank.inject({ method: 'DELETE', url: '/ledger' })).statusCode).toBe(204)
    await charge('k1')
    await charge('k2')
    await restart()
    expect((await ledger()).charges.map(({ key }: { key: string }) => key)).toEqual(['k1', 'k2'])
    expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(4)
  })

  test('loses a last line that was cut short, and nothing else', async () => {
    await charge('k1')
    await bank.close()
    await appendFile(path, '{"key":"k2","am')
    bank = buildBank(await openLedger(path))
    await charge('k3')
    await restart()
    expect((await ledger()).charges.map(({ key }: { key: string }) => key)).toEqual(['k1', 'k3'])
  })

  test.each([
    ['{"key":"k"', /line 1 of the ledger is wrong/],
    ['{"key":"k","postings":[{"cents":5},{"cents":-4}]}', /sum to 0/],
    [
      '{"key":"pay_7","status":"captured","postings":[]}\n{"key":"pay_7","status":"captured","postings":[]}',
      /line 2 of the ledger is wrong: line 1 has its key pay_7 too/,
    ],
  ])('refuses to open with %s in the middle', async (line, message) => {
    const wrong = join(folder, 'wrong.jsonl')
    await writeFile(wrong, `${line}\n`)
    await expect(openLedger(wrong)).rejects.toThrow(message)
    expect(await openFiles()).not.toContain(wrong)
  })
})
