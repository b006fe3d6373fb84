/** What is no token of ours, or not for us, or not of now, opens nothing. */
import { createHmac } from 'node:crypto'
import { UnsecuredJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Purpose, signer, TOKEN_LASTS_S, verifier } from './identity.ts'

const START = Date.parse('2030-01-01T00:00:00Z')
const SECRET = 'of the arrow from the gateway to orders'
const ADA = { id: 'usr_1', role: 'shopper' }

beforeEach(() => void vi.useFakeTimers({ now: START, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())
const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1_000)

type Made = { from?: string; to?: string; secret?: string; purpose?: Purpose }
const sign = ({ from = 'gateway', to = 'orders', secret = SECRET, purpose = 'visits' }: Made = {}) =>
  signer({ from, to, secret, purpose })
const secrets = new Map([
  ['gateway', SECRET],
  ['payments', 'of the arrow from payments to orders'],
])
const verify = (token: string, purpose: Purpose = 'visits') => verifier('orders', secrets)(token, purpose)

test('who is asked learns who calls, and for whom', async () => {
  const token = await sign()({ user: ADA, address: '192.0.2.7' })
  expect(await verify(token)).toEqual({ caller: 'gateway', user: ADA, address: '192.0.2.7' })
  expect(await verify(await sign()({ user: null }))).toEqual({ caller: 'gateway', user: null })
  expect(await verify(await sign()({ unknown: true }))).toEqual({ caller: 'gateway', unknown: true })
})

describe('refused is', () => {
  const refused = (token: string, purpose?: Purpose) => expect(verify(token, purpose)).rejects.toThrow()

  test('what is no token', async () => {
    for (const token of ['', 'x', 'a.b.c', '..', `${await sign()({})}.x`]) await refused(token)
  })

  test('one that is over', async () => {
    const token = await sign()({ user: ADA })
    pass(TOKEN_LASTS_S + 4)
    await verify(token)
    pass(2)
    await refused(token)
  })

  test('one that is from the future', async () => {
    pass(60)
    const token = await sign()({ user: ADA })
    pass(-60)
    await refused(token)
  })

  test('one of which a byte is another', async () => {
    const token = await sign()({ user: ADA })
    for (let at = 0; at < token.length; at += 7) {
      const other = token[at] === 'A' ? 'B' : 'A'
      await refused(`${token.slice(0, at)}${other}${token.slice(at + 1)}`)
    }
  })

  test('one with another body under the same signature', async () => {
    const [head, , signature] = (await sign()({ user: ADA })).split('.')
    const [, body] = (await sign({ secret: 'guessed' })({ user: { ...ADA, role: 'admin' } })).split('.')
    await refused(`${head}.${body}.${signature}`)
  })

  test('one that is for another service, and one for another purpose', async () => {
    await refused(await sign({ to: 'products' })({ user: ADA }))
    await refused(await sign({ purpose: 'visits' })({ user: ADA }), 'calls')
    await refused(await sign({ purpose: 'calls' })({}), 'visits')
  })

  test('one that says it needs no signature', async () => {
    const claims = new UnsecuredJWT({ user: ADA }).setIssuer('gateway').setAudience('orders visits').setIssuedAt()
    await refused(claims.setExpirationTime('10s').encode())
  })

  test('one of another algorithm, under the very key', async () => {
    const kid = `gateway.${Math.floor(START / 600_000)}`
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const now = START / 1_000
    const claims = encode({ user: ADA, iss: 'gateway', aud: 'orders visits', iat: now, exp: now + 10 })
    const key = createHmac('sha256', SECRET)
      .update(`period ${Math.floor(START / 600_000)}`)
      .digest()
    const made = (alg: string, hash: string) => {
      const head = encode({ alg, kid })
      return `${head}.${claims}.${createHmac(hash, key).update(`${head}.${claims}`).digest('base64url')}`
    }
    // The same by hand is taken, so that it is the algorithm which is refused.
    await verify(made('HS256', 'sha256'))
    await refused(made('HS512', 'sha512'))
    await refused(made('none', 'sha256'))
  })

  test('one that lasts for ever, or longer than ours', async () => {
    const kid = `gateway.${Math.floor(START / 600_000)}`
    const key = createHmac('sha256', SECRET)
      .update(`period ${Math.floor(START / 600_000)}`)
      .digest()
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const made = (times: object) => {
      const text = `${encode({ alg: 'HS256', kid })}.${encode({ iss: 'gateway', aud: 'orders visits', ...times })}`
      return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
    }
    const now = START / 1_000
    await verify(made({ iat: now, exp: now + 10 }))
    await refused(made({ iat: now }))
    await refused(made({ exp: now + 10 }))
    await refused(made({ iat: now - 100, exp: now + 3_600 }))
  })

  test('one that a caller has signed with the name of another', async () => {
    await refused(await sign({ from: 'gateway', secret: secrets.get('payments') ?? '' })({ user: ADA }))
    await refused(await sign({ from: 'somebody' })({ user: ADA }))
  })
})

test('the keys that sign change while everything runs, and what was signed before is good to its end', async () => {
  const kids = new Set<string>()
  const orders = verifier('orders', secrets)
  const signed = sign()
  for (let minute = 0; minute < 30; minute += 1) {
    const token = await signed({ user: ADA })
    kids.add(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString())
    pass(TOKEN_LASTS_S)
    expect(await orders(token, 'visits')).toMatchObject({ user: ADA })
    pass(60 - TOKEN_LASTS_S)
    await expect(orders(token, 'visits')).rejects.toThrow()
  }
  expect(kids.size).toBe(3)
})

test('a clock that goes ahead by seconds may sign with the key to come', async () => {
  pass(600 - ((START / 1_000) % 600) - 3)
  const orders = verifier('orders', secrets)
  pass(4)
  const token = await sign()({ user: ADA })
  pass(-4)
  expect(await orders(token, 'visits')).toMatchObject({ user: ADA })
})
