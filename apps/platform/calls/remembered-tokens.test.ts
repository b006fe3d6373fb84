import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { signer, TOKEN_LASTS_S, verifier } from './identity.ts'
import { rememberingSigner, rememberingVerifier, SENT_AGAIN_FOR_MS } from './remembered-tokens.ts'

const arrow = { from: 'gateway', to: 'orders', secret: 'of the arrow', purpose: 'visits' } as const
const ADA = { user: { id: 'usr_1', role: 'shopper' } }
const BOB = { user: { id: 'usr_2', role: 'shopper' } }

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2030-01-01T00:00:00Z'), toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

function counted() {
  const real = verifier('orders', new Map([['gateway', arrow.secret]]))
  const verify = vi.fn(real)
  return { verify, remembering: rememberingVerifier(verify) }
}

test('a token is sent again for the same visitor alone, and for a while', async () => {
  const sign = rememberingSigner(signer(arrow))
  const first = await sign(ADA)
  pass(SENT_AGAIN_FOR_MS - 1)
  expect(await sign(ADA)).toBe(first)
  expect(await sign(BOB)).not.toBe(first)
  expect(await sign({ ...ADA, address: '192.0.2.7' })).not.toBe(first)
  expect(await sign({ user: { ...ADA.user, role: 'admin' } })).not.toBe(first)
  pass(1_001)
  expect(await sign(ADA)).not.toBe(first)
})

test('a token is verified once, and says the same', async () => {
  const { verify, remembering } = counted()
  const token = await signer(arrow)(ADA)
  for (let count = 0; count < 3; count += 1) expect(await remembering(token, 'visits')).toEqual({ caller: 'gateway', ...ADA })
  expect(verify).toHaveBeenCalledTimes(1)
})

test('one that is over is asked about as before, and refused', async () => {
  const { remembering } = counted()
  const token = await signer(arrow)(ADA)
  await remembering(token, 'visits')
  pass(1_000 * (TOKEN_LASTS_S + 6))
  await expect(remembering(token, 'visits')).rejects.toThrow()
})

test('one that is known opens nothing else, nor does one that is like it', async () => {
  const { remembering } = counted()
  const token = await signer(arrow)(ADA)
  await remembering(token, 'visits')
  await expect(remembering(token, 'calls')).rejects.toThrow()
  await expect(remembering(`${token}A`, 'visits')).rejects.toThrow()
  await expect(remembering(token.slice(0, -2), 'visits')).rejects.toThrow()
})

test('one that was refused is not remembered as good', async () => {
  const { verify, remembering } = counted()
  const forged = await signer({ ...arrow, secret: 'guessed' })(ADA)
  for (let count = 0; count < 2; count += 1) await expect(remembering(forged, 'visits')).rejects.toThrow()
  expect(verify).toHaveBeenCalledTimes(2)
})
