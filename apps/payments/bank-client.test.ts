import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { BankSilent } from './bank.ts'
import { bankClient } from './bank-client.ts'

const ORDER = { key: 'pay_1', reference: 'ord_1', amountCents: 5, card: 'tok_approved' }
const CAPTURED = JSON.stringify({ chargeId: 'chg_1', status: 'captured' })

let server: Server | undefined
let keys: unknown[] = []

async function serve(...answers: RequestListener[]) {
  keys = []
  server = createServer((request, reply) => {
    keys.push(request.headers['idempotency-key'])
    answers[Math.min(keys.length, answers.length) - 1]?.(request, reply)
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return bankClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

const answer =
  (status: number, body = ''): RequestListener =>
  (_request, reply) =>
    reply.writeHead(status).end(body)
const hangUp: RequestListener = (request) => request.destroy()

describe('the bank client', () => {
  test('tells captured from declined', async () => {
    expect(await (await serve(answer(201, CAPTURED))).charge(ORDER)).toEqual({ status: 'captured', chargeId: 'chg_1' })
    server?.close()
    expect(await (await serve(answer(402, '{}'))).charge(ORDER)).toEqual({ status: 'declined' })
  })

  test.each([
    ['a lost answer', hangUp],
    ['a failure', answer(503)],
    ['an answer without end', (_request, reply) => reply.writeHead(201).end('x'.repeat(100_000))],
  ] as [string, RequestListener][])('asks once more, with the same key, after %s', async (_name, first) => {
    const bank = await serve(first, answer(201, CAPTURED))
    expect(await bank.charge(ORDER)).toMatchObject({ status: 'captured' })
    expect(keys).toEqual(['pay_1', 'pay_1'])
  })

  test('gives up after two attempts without an answer', async () => {
    await expect((await serve(hangUp)).charge(ORDER)).rejects.toBeInstanceOf(BankSilent)
    expect(keys).toHaveLength(2)
  })

  test('does not wait for ever', async () => {
    await expect((await serve(() => undefined)).charge(ORDER)).rejects.toBeInstanceOf(BankSilent)
    expect(keys).toHaveLength(2)
  })

  test('does not repeat what the bank refuses, nor take it for silence', async () => {
    await expect((await serve(answer(422, '{}'))).charge(ORDER)).rejects.not.toBeInstanceOf(BankSilent)
    expect(keys).toHaveLength(1)
  })
})
