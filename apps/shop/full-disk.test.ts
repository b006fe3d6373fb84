/** A stage's own programs on a disk that takes nothing more: not their log, and not a byte to any file. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { keeperEnvironment } from '../../infra/mysql/keeper/config.ts'
import { freePort } from '../../infra/process/free-port.ts'
import { endOwned, spawnOwned } from '../../infra/process/owned-process.ts'
import { testFolder } from '../../infra/process/test-folder.ts'
import { settingsOf } from '../../infra/stage/settings.ts'
import { appEnvironment } from '../fixtures/app-document.ts'

const FULL = '/dev/full'
/** What it does not write is refused to it, and does not end it. */
const ON_FULL_DISK = `trap '' XFSZ; ulimit -f 0; exec "$0" "$1" >>${FULL} 2>&1`
const SOON = { timeout: 30_000 }
const REQUESTS = 20
const SETTINGS = settingsOf({ sessions: 'redis', cache: 'redis', checkout: 'transaction' })

/** Answers its URL once it serves. */
async function start(entry: string, environmentFor: (port: number) => Record<string, string>, path = '/health/live') {
  const port = await freePort()
  const env = { ...environmentFor(port), OUTGROW_PORT: String(port), PATH: process.env.PATH }
  const file = join(import.meta.dirname, '../..', entry)
  const child = spawnOwned({ path: 'sh', args: ['-c', ON_FULL_DISK, process.execPath, file], env })
  onTestFinished(() => endOwned(child))
  const url = `http://127.0.0.1:${port}`
  await expect.poll(() => statusOf(url + path), SOON).toBe(200)
  return url
}

async function statusOf(url: string, request: RequestInit = {}): Promise<number> {
  return (await fetch(url, request)).status
}

async function statusesOf(url: string, body: object): Promise<Set<number>> {
  const statuses = new Set<number>()
  for (let number = 0; number < REQUESTS; number += 1) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': `k${number}` }
    statuses.add(await statusOf(url, { method: 'POST', headers, body: JSON.stringify(body) }))
  }
  return statuses
}

test.skipIf(!existsSync(FULL))('a shop says what it cannot do, and goes on answering', async () => {
  const nowhere = {
    databaseUrl: 'mysql://shop:x@127.0.0.1:1/shop',
    cacheUrl: 'redis://shop:x@127.0.0.1:1/?name=cache',
    stateUrl: 'redis://shop:x@127.0.0.1:1/?name=state',
  }
  const url = await start('apps/shop/main.ts', (port) => appEnvironment({ ...nowhere, port, settings: SETTINGS }))
  const body = { email: 'ada@example.com', password: 'correct horse', name: 'Ada' }
  expect(await statusesOf(`${url}/users`, body)).toEqual(new Set([503]))
  expect(await statusOf(`${url}/health/live`)).toBe(200)
})

test.skipIf(!existsSync(FULL))('a bank charges nothing, and goes on answering', async () => {
  const url = await start('apps/bank/main.ts', () => ({ OUTGROW_LEDGER: join(testFolder(), 'ledger.jsonl') }))
  const body = { amountCents: 500, card: 'tok_approved', reference: 'ord_1' }
  expect(await statusesOf(`${url}/charges`, body)).toEqual(new Set([503]))
  expect(await (await fetch(`${url}/ledger`)).json()).toEqual({ charges: [], totalCents: 0 })
})

test.skipIf(!existsSync(FULL))('a keeper goes on answering who is who', async () => {
  const recordFile = join(testFolder(), 'record.json')
  const groups = ['one', 'two', 'three'].map((name) => {
    return { name, recordFile, members: [{ name: `${name}-1`, host: '127.0.0.1', port: 1 }] }
  })
  const known = { host: '127.0.0.1', flavour: 'mariadb', version: '10.11', password: 'x', settings: SETTINGS } as const
  const schemas = { made: 'shop', logged: [] }
  const environmentFor = (port: number) => keeperEnvironment({ ...known, port, groups, schemas })
  const url = await start('infra/mysql/keeper/main.ts', environmentFor, '/roles?of=three')
  // Of each group it says meanwhile that nobody takes the writes.
  for (let turn = 0; turn < 10; turn += 1) {
    expect(await statusOf(`${url}/health`)).toBe(503)
    await sleep(50)
  }
})
