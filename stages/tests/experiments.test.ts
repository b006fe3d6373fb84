/** Settings that show a stage break, and the defaults that do not. A break that nobody sees teaches nothing: each must bite. */
import { describe, expect, it } from 'vitest'
import { type Answer, clientOf } from '../contract/client.ts'
import { newShopper } from '../contract/people.ts'
import { expectProblem } from '../contract/shapes.ts'
import { logInsKnown, PRICE_AFTER, PRICE_BEFORE, pricesShown, startedStage } from './experiment.ts'
import { canSpeakAs } from './local-addresses.ts'
import type { RunningStage } from './running-stages.ts'
import { sharedStage } from './shared-stage.ts'

const manyAddresses = await canSpeakAs('127.0.0.2')
const PRODUCT = '/products/prd_00001'

describe('stage 3 as it is', () => {
  const stage = sharedStage(3)

  it('takes turns: 60 requests, 20 for each app', async () => {
    expect(Object.values(countOf(await serversOf(stage(), 60)))).toEqual([20, 20, 20])
  })

  it('knows a log-in on every app', async () => {
    expect(await logInsKnown(stage())).toEqual(Array(12).fill(200))
  })

  it('shows one price on every app', async () => {
    expect(await pricesShown(stage())).toEqual([PRICE_AFTER])
  })
})

describe('stage 3 with sessions=memory and cache=local', () => {
  const stage = startedStage(3, ['sessions=memory', 'cache=local'])

  it('forgets a log-in on two apps of three (C1)', async () => {
    expect((await logInsKnown(stage())).sort()).toEqual([...Array(4).fill(200), ...Array(8).fill(401)])
  })

  it('shows the old price on apps that did not hear of the new one (B11)', async () => {
    expect(await pricesShown(stage())).toEqual([PRICE_BEFORE, PRICE_AFTER])
  })
})

describe.runIf(manyAddresses)('stage 3 with balance=hash', () => {
  const stage = startedStage(3, ['balance=hash', 'sessions=memory', 'logInsPerMinute=20'])

  it('sends one address to one app, and many addresses to all', async () => {
    const homes = new Set<string>()
    for (let last = 1; last <= 24; last++) {
      const servers = new Set(await serversOf(stage(), 4, `127.0.0.${last}`))
      expect([...servers], `127.0.0.${last}`).toHaveLength(1)
      for (const server of servers) homes.add(server)
    }
    expect([...homes].sort()).toEqual(['app-1', 'app-2', 'app-3'])
  })

  it('keeps a log-in in the memory of the one app that is asked', async () => {
    expect(await logInsKnown(stage())).toEqual(Array(12).fill(200))
  })

  it('limits the address that the load balancer sees, whatever address is claimed', async () => {
    const client = clientOf(stage(), { localAddress: '127.0.0.40' })
    const answers: Answer<unknown>[] = []
    for (let count = 0; count < 21; count++) {
      const headers = { 'x-forwarded-for': `10.1.0.${count}` }
      answers.push(await client.post('/sessions', { email: `nobody-${count}@example.com`, password: 'guess guess' }, { headers }))
    }
    expect(answers.slice(0, 20).map(({ status }) => status)).toEqual(Array(20).fill(401))
    for (const answer of answers.slice(20)) expectProblem(answer, 429, 'TOO_MANY_REQUESTS')
    // Another address that is sent to the same app is another client to it.
    const [app] = await serversOf(stage(), 1, '127.0.0.40')
    for (let last = 41; last < 60; last++) {
      if ((await serversOf(stage(), 1, `127.0.0.${last}`))[0] === app)
        return void (await newShopper(stage(), { localAddress: `127.0.0.${last}` }))
    }
    throw new Error('no other address of 19 is sent to the same app')
  })
})

async function serversOf(stage: RunningStage, count: number, localAddress?: string): Promise<string[]> {
  const client = clientOf(stage, localAddress === undefined ? {} : { localAddress })
  const servers: string[] = []
  for (let asked = 0; asked < count; asked++) servers.push(String((await client.get(PRODUCT)).headers['x-served-by']))
  return servers
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
