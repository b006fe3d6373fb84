/** Guessing, counting and flooding: what the limits are for. A stage of its own, with limits low enough to meet. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, clientOf } from '../contract/client.ts'
import { expectRetryAfter } from '../contract/http/limits.ts'
import { DEMO_PASSWORD, freshProduct, newShopper } from '../contract/people.ts'
import { expectProblem } from '../contract/shapes.ts'
import { canSpeakAs } from './local-addresses.ts'
import { type RunningStage, type RunningStages, startStages, stateOf } from './running-stages.ts'
import { sharedStage } from './shared-stage.ts'

const manyAddresses = await canSpeakAs('127.0.1.1')
const SETTINGS = ['logInsPerMinute=60', 'registrationsPerMinute=20', 'failedLogInsPer15Minutes=4', 'ordersPerMinute=5']

describe('low limits', () => {
  let stages: RunningStages | undefined
  let stage: RunningStage
  beforeAll(async () => {
    stages = await startStages([1], SETTINGS)
    for (const running of stages.list) stage = running
  }, 600_000)
  afterAll(() => stages?.stop(), 60_000)

  it('stop the sixth order within a minute, of this account alone', async () => {
    const product = await freshProduct(stage, 100)
    const items = { items: [{ productId: product.id, quantity: 1 }] }
    const [eager, calm] = [await newShopper(stage), await newShopper(stage)]
    const answers: Answer<unknown>[] = []
    for (let count = 0; count < 6; count++) answers.push(await eager.client.post('/orders', items, { key: randomUUID() }))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 429])
    for (const answer of answers.slice(5)) {
      expectProblem(answer, 429, 'TOO_MANY_REQUESTS')
      expectRetryAfter(answer)
    }
    expect((await calm.client.post('/orders', items, { key: randomUUID() })).status).toBe(201)
  })

  it.runIf(manyAddresses)('let nobody lock another’s account: guesses from one address leave the owner’s open', async () => {
    const { email, password } = await newShopper(stage)
    const attacker = clientOf(stage, { localAddress: '127.0.1.1' })
    for (let count = 0; count < 4; count++) {
      expectProblem(await attacker.post('/sessions', { email, password: `guess ${count}` }), 401, 'BAD_CREDENTIALS')
    }
    expectProblem(await attacker.post('/sessions', { email, password }), 429, 'TOO_MANY_REQUESTS')
    const owner = await clientOf(stage, { localAddress: '127.0.1.2' }).post('/sessions', { email, password })
    expect(owner.status, owner.text).toBe(201)
  })

  it.runIf(manyAddresses)('stop an address that tries one account after another, whatever address it claims', async () => {
    const stuffer = clientOf(stage, { localAddress: '127.0.1.3' })
    const answers: Answer<unknown>[] = []
    for (let count = 0; count < 61; count++) {
      const headers = { 'x-forwarded-for': `10.0.0.${count}`, forwarded: `for=10.0.0.${count}`, 'x-real-ip': `10.0.0.${count}` }
      answers.push(
        await stuffer.post('/sessions', { email: `nobody-${count}@example.com`, password: 'guess guess' }, { headers }),
      )
    }
    expect(answers.slice(0, 60).map(({ status }) => status)).toEqual(Array(60).fill(401))
    for (const answer of answers.slice(60)) {
      expectProblem(answer, 429, 'TOO_MANY_REQUESTS')
      expectRetryAfter(answer)
    }
    await newShopper(stage, { localAddress: '127.0.1.4' })
  })

  it.runIf(manyAddresses)(
    'stop an address that registers, or asks which accounts there are, without end; and no other address',
    async () => {
      const { email, name, password } = { ...(await newShopper(stage)), name: 'Taken' }
      const asker = clientOf(stage, { localAddress: '127.0.1.6' })
      const answers: Answer<unknown>[] = []
      for (let count = 0; count < 21; count++) answers.push(await asker.post('/users', { email, name, password }))
      expect(answers.slice(0, 20).map(({ status }) => status)).toEqual(Array(20).fill(409))
      for (const answer of answers.slice(20)) {
        expectProblem(answer, 429, 'TOO_MANY_REQUESTS')
        expectRetryAfter(answer)
      }
      await newShopper(stage, { localAddress: '127.0.1.7' })
    },
  )

  it.runIf(manyAddresses)('do not let the time tell which addresses have an account', async () => {
    const client = clientOf(stage, { localAddress: '127.0.1.5' })
    const [known, unknown]: [number[], number[]] = [[], []]
    for (let round = 0; round < 25; round++) {
      const shopper = `shopper-${String(round + 1).padStart(4, '0')}@example.com`
      known.push(await timeToRefuse(client, shopper))
      unknown.push(await timeToRefuse(client, `s${shopper}`))
    }
    const ratio = medianOf(known) / medianOf(unknown)
    expect(ratio).toBeGreaterThan(1 / 1.5)
    expect(ratio).toBeLessThan(1.5)
  })

  it.runIf(manyAddresses)('do not let the time tell who was sent a code', async () => {
    const client = clientOf(stage, { localAddress: '127.0.1.8' })
    const emails = Array.from({ length: 60 }, (_, index) => `shopper-${String(index + 101).padStart(4, '0')}@example.com`)
    for (const email of emails) expect((await client.post('/verification-codes', { email })).status).toBe(202)
    await expect.poll(() => readFile(stage.outboxFile ?? '', 'utf8'), { timeout: 20_000 }).toContain(emails.at(-1))
    const timeToGuess = async (email: string) => {
      const start = performance.now()
      expectProblem(await client.post('/verifications', { email, code: '000000' }), 400, 'CODE_WRONG')
      return performance.now() - start
    }
    const [known, unknown]: [number[], number[]] = [[], []]
    for (const email of emails) {
      known.push(await timeToGuess(email))
      unknown.push(await timeToGuess(`s${email}`))
    }
    const ratio = medianOf(known) / medianOf(unknown)
    expect(ratio).toBeGreaterThan(1 / 1.5)
    expect(ratio).toBeLessThan(1.5)
  })

  it('never count the demo password of the administrator as a guess', async () => {
    for (let count = 0; count < 6; count++) {
      const answer = await clientOf(stage).post('/sessions', { email: 'admin@example.com', password: DEMO_PASSWORD })
      expect(answer.status, answer.text).toBe(201)
    }
  })
})

async function timeToRefuse(client: ReturnType<typeof clientOf>, email: string): Promise<number> {
  const start = performance.now()
  expectProblem(await client.post('/sessions', { email, password: 'a wrong password' }), 401, 'BAD_CREDENTIALS')
  return performance.now() - start
}

function medianOf(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

describe('an app behind a balancer, spoken to past it', () => {
  const shared = sharedStage(3)

  it('takes nobody else’s word about where a client is', async () => {
    const stage = shared()
    const app = stateOf(stage).programs.find(({ kind }) => kind === 'app')
    const { email } = await newShopper(stage)
    const client = clientOf({ ...stage, url: `http://127.0.0.1:${app?.port}` })
    const guess = (count: number) => {
      const headers = { 'x-forwarded-for': `10.2.0.${count}`, 'x-proxy-key': 'guessed' }
      return client.post('/sessions', { email, password: `guess ${count}` }, { headers })
    }
    for (let count = 0; count < 10; count++) expectProblem(await guess(count), 401, 'BAD_CREDENTIALS')
    expectProblem(await guess(10), 429, 'TOO_MANY_REQUESTS')
  })
})
