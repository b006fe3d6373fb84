import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadStage } from '../stage/catalogue.ts'
import type { HaproxyProgram } from '../stage/plan.ts'
import { planOf } from '../stage/plan.ts'
import { errorFiles, haproxyConfig } from './config.ts'
import { APPS, type TestBalancer, testBalancer } from './test-balancer.ts'

const FETCH_WITHIN_MS = 300_000
let balancer: TestBalancer

beforeAll(async () => {
  balancer = await testBalancer()
}, FETCH_WITHIN_MS)

afterAll(() => balancer.stop())

describe('the configuration', () => {
  it.each(['round-robin', 'hash'])('is accepted with balance=%s', async (balance) => {
    const hashed = planOf(await loadStage('3'), { portBase: 4000, set: [`balance=${balance}`] })
    expect(() => balancer.check(hashed)).not.toThrow()
  })
})

describe('an app that hangs', () => {
  it.each(['3', '4', '5', '6'])(
    'is taken out, and its requests with it, within a second unless told otherwise: stage %s',
    async (stage) => {
      const plan = planOf(await loadStage(stage), { portBase: 4000 })
      const edge = plan.programs.find((program): program is HaproxyProgram => program.kind === 'haproxy')
      const text = edge ? haproxyConfig(plan, edge, { folder: '/', proxyKey: 'key' }) : ''
      const [, everyMs, checks, then] =
        /^ {2}default-server check inter (\d+)ms fall (\d+) .* on-marked-down (\S+)/m.exec(text) ?? []
      const [, patienceMs] = /^ {2}timeout check (\d+)ms$/m.exec(text) ?? []
      expect(Number(checks) * (Number(everyMs) + Number(patienceMs))).toBeLessThan(1_000)
      expect(then).toBe('shutdown-sessions')
    },
  )
})

describe('where apps are containers', () => {
  it('asks for their addresses again and again, and is accepted too', async () => {
    const plan = planOf(await loadStage('3'), { portBase: 4000, runtime: 'compose' })
    expect(() => balancer.check(plan)).not.toThrow()
  })
})

describe('its own answers', () => {
  it.each(errorFiles({ name: 'edge' }))('%s is a problem that says who answered', (file, text) => {
    const [head = '', body = ''] = text.split('\r\n\r\n')
    expect(head).toContain('\r\nx-served-by: edge\r\ncontent-type: application/problem+json\r\ncache-control: no-store')
    expect(head).toContain(`\r\ncontent-length: ${Buffer.byteLength(body)}`)
    expect(JSON.parse(body)).toMatchObject({ status: Number.parseInt(file, 10), code: CODES[file], requestId: '-' })
  })
})

/** As the apps answer these statuses. */
const CODES: Record<string, string> = {
  '400.http': 'BAD_REQUEST',
  '408.http': 'REQUEST_TIMEOUT',
  '500.http': 'INTERNAL',
  '502.http': 'UNAVAILABLE',
  '503.http': 'UNAVAILABLE',
  '504.http': 'UNAVAILABLE',
}

describe('in front of three apps', () => {
  beforeAll(() => balancer.start())

  it('says who the client is itself, whatever the client says', async () => {
    await balancer.ask('GET', 'spoof', { 'x-forwarded-for': '6.6.6.6', 'x-served-by': 'me' })
    const headers = JSON.parse(balancer.linesWith('spoof')[0]?.split(' ').slice(2).join(' ') ?? '{}')
    expect(headers['x-forwarded-for']).toBe('127.0.0.1')
    expect(headers).not.toHaveProperty('x-served-by')
  })

  it('says when a request came, whatever the client says', async () => {
    const before = Date.now()
    await balancer.ask('GET', 'begun', { 'x-request-start': '1' })
    const headers = JSON.parse(balancer.linesWith('begun')[0]?.split(' ').slice(2).join(' ') ?? '{}')
    expect(Number(headers['x-request-start'])).toBeGreaterThanOrEqual(before)
    expect(Number(headers['x-request-start'])).toBeLessThanOrEqual(Date.now())
  })

  it('gives the apps their turn', async () => {
    const answers = await Promise.all(Array.from({ length: 9 }, (_, index) => balancer.ask('GET', `turn-${index}`)))
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(APPS))
  })

  it('lets an app say that headers are too large', async () => {
    expect((await balancer.ask('GET', 'large', { large: 'x'.repeat(20_000) })).status).toBe(431)
  })

  it('refuses nonsense, and two lengths at once, and closes the connection', async () => {
    expect(await sendRaw('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /)
    expect(await sendRaw('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab')).toMatch(
      /^HTTP\/1.1 400 /,
    )
  })
})

function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(balancer.plan.url).port), '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk))
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
  })
}
