import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePortBase } from '../../../infra/local/run/free-port-base.ts'
import { STAGE_TAG } from '../../../infra/process/command.ts'
import { processesTagged } from '../../../infra/process/process-table.ts'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { drawsOf } from '../../../loadtests/popularity.ts'
import { labProcess } from '../runner/lab-process.ts'
import { buy } from './buyers.ts'
import { notShown } from './judge.ts'
import type { SkewResults } from './results.ts'

const STARTS_A_STAGE_MS = 300_000

describe('customers who order as fast as they are answered', () => {
  async function stubShop(status: number): Promise<{ url: string; keys: string[] }> {
    const keys: string[] = []
    const server = createServer((request, answer) => {
      keys.push(`${request.headers.cookie} ${request.headers['idempotency-key']}`)
      request.resume().once('end', () => answer.writeHead(status).end('{"code":"X"}'))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys }
  }
  const buying = (url: string) => {
    const next = () => ({ shopper: { sid: 'a', userId: 'usr_a' }, productId: 'prd_00001' })
    return { url, seconds: 1, draw: drawsOf(1, 0), signal: new AbortController().signal, next }
  }

  test('are told by the time of each order, and send none twice', async () => {
    const { url, keys } = await stubShop(201)
    const { tookMs, failures, seconds } = await buy(buying(url))
    expect([tookMs.length, failures]).toEqual([keys.length, []])
    expect(new Set(keys).size).toBe(keys.length)
    expect(seconds).toBeGreaterThanOrEqual(1)
  })
  test('and by how many were not placed', async () => {
    const { url, keys } = await stubShop(503)
    const { tookMs, failures } = await buy(buying(url))
    expect([tookMs.length, failures]).toEqual([0, keys.map(() => '503 X')])
  })
})

describe('the command', () => {
  // It starts a stage and measures for a while: there is time for that where there is time for all drills.
  test.runIf(process.env.OUTGROW_DRILLS === 'all')(
    'shows on a stage of its own that a move relieves a busy customer’s server, and leaves nothing running',
    async () => {
      const data = testFolder()
      const environment = { OUTGROW_DATA: data, OUTGROW_PORT_BASE: String(await freePortBase()) }
      const { out, error } = await labProcess(['lab', 'skew', '--seconds', '2', '--json'], environment).done
      expect(out, error).not.toBe('')
      const results: SkewResults = JSON.parse(out)
      expect(notShown(results).filter((claim) => !/row|placed/.test(claim))).toEqual([])
      const { alike, hot, alone } = results.customer
      expect([alike, hot].map(({ busiest }) => busiest.server)).not.toContain(alone.busiest.server)
      expect(processesTagged(STAGE_TAG).filter(({ value }) => value.startsWith(data))).toEqual([])
    },
    STARTS_A_STAGE_MS,
  )

  test.each([
    [['lab', 'skew', '5'], 'skew takes nothing but options, not "5"'],
    [['lab', 'skew', '--seconds', '0'], '--seconds takes a whole number from 1 to 60, not "0"'],
  ])('%j is refused with one line', async (args, line) => {
    const { status, out, error } = await labProcess(args, {}).done
    expect({ status, out, error }).toEqual({ status: 1, out: '', error: `error: ${line}\n` })
  })
})
