import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { stageFiles } from '../../../../infra/local/state/data-folder.ts'
import { testFolder } from '../../../../infra/process/test-folder.ts'
import { bucketNames, bucketOfEmail } from '../../../platform/process/buckets.ts'
import type { ComparedStage } from '../stages/compared-stage.ts'
import { customersFor, customersOfEachBucket, logInCustomers, MOST_OF_A_BUCKET } from './customers.ts'

describe('the customers of a comparison', () => {
  const customers = customersFor(150, { ordersPerMinute: 100 })

  test('are of every bucket, as many of each, and enough for what accounts may order', () => {
    const byBucket = Map.groupBy(customers, bucketOfEmail)
    expect([...byBucket.keys()].sort()).toEqual(bucketNames())
    expect(new Set([...byBucket.values()].map((own) => own.length))).toEqual(new Set([2]))
    expect(customers.length * 0.8 * 100).toBeGreaterThanOrEqual(150 * 60)
  })
  test('can be as many as this of each', () => {
    const sizes = [...Map.groupBy(customersOfEachBucket(MOST_OF_A_BUCKET), bucketOfEmail).values()].map((own) => own.length)
    expect(sizes).toEqual(bucketNames().map(() => MOST_OF_A_BUCKET))
  })
  test('come in an order that gives no server of buckets all of the load for a moment', () => {
    const servers = customers.map((email) => Math.floor(Number(bucketOfEmail(email)) / 16))
    const longest = Math.max(...servers.map((server, at) => servers.slice(at).findIndex((other) => other !== server)))
    expect(longest).toBeLessThan(8)
    expect(customersFor(150, { ordersPerMinute: 100 })).toEqual(customers)
  })
  test('are refused with one line where there are not so many', () => {
    expect(() => customersFor(150, { ordersPerMinute: 10 })).toThrow(
      /^10 orders a minute for each of at most 512 customers are fewer than the loads place: compare with --set ordersPerMinute=1000$/,
    )
  })
})

/** Gives each address a session, or none to whom it does not know. */
async function stubShop(unknown = ''): Promise<{ url: string; logIns: string[] }> {
  const logIns: string[] = []
  const server = createServer(async (request, answer) => {
    const { email } = JSON.parse(Buffer.concat(await request.toArray()).toString())
    logIns.push(email)
    if (email === unknown) return answer.writeHead(401).end('{"code":"WRONG_CREDENTIALS","detail":"no such account"}')
    answer
      .writeHead(201, { 'set-cookie': `sid=of-${email}; HttpOnly; Secure; Path=/` })
      .end(JSON.stringify({ id: `usr_${email}` }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, logIns }
}

function stageAt(url: string): ComparedStage {
  const files = stageFiles('1-single-node', testFolder())
  mkdirSync(files.data, { recursive: true })
  return {
    plan: { url },
    state: { settings: { logInsPerMinute: 300 } },
    held: { folder: files.data },
  } as unknown as ComparedStage
}

const EMAILS = ['ada@example.com', 'alan@example.com', 'grace@example.com', 'john@example.com', 'tony@example.com']
const NEVER = new AbortController().signal

test('each logs in once, and the file of their sessions is for nobody else and goes with the data', async () => {
  const shop = await stubShop()
  const stage = stageAt(shop.url)
  const file = await logInCustomers(stage, EMAILS, NEVER)
  expect(shop.logIns.toSorted()).toEqual(EMAILS)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(EMAILS.map((email) => ({ sid: `of-${email}`, userId: `usr_${email}` })))
  expect(statSync(file).mode & 0o077).toBe(0)
  expect(file.startsWith(stage.held.folder)).toBe(true)
})

test('who cannot log in is named with the reason', async () => {
  const { url } = await stubShop('grace@example.com')
  await expect(logInCustomers(stageAt(url), EMAILS, NEVER)).rejects.toThrow(
    `grace@example.com cannot log in at ${url}: 401 WRONG_CREDENTIALS: no such account`,
  )
})
