/** What a leader of a workshop does to a stage while it runs: read a log, restart one program, put the demo data back. */
import { spawn } from 'node:child_process'
import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type LabProcess, labProcess } from '../../apps/lab/runner/lab-process.ts'
import { httpCall } from '../../infra/process/http-call.ts'
import { stateOf } from './running-stages.ts'
import { sharedStage } from './shared-stage.ts'

const WITHIN = { timeout: 30_000, interval: 50 }
const stage = sharedStage(3)
const logs = () => join(stage().stateFile, '../logs')
const lab = (...args: string[]): LabProcess => labProcess(args, { OUTGROW_DATA: join(stage().stateFile, '../../..') })
const programs = () => stateOf(stage()).programs.map(({ name, pid }) => [name, pid])

test('a restart ends and starts one program alone, and is over when that is ready', async () => {
  const before = new Map(stateOf(stage()).programs.map(({ name, pid }) => [name, pid]))
  const { status, out } = await lab('restart', '3', 'app-2').done
  expect([status, out]).toEqual([0, expect.stringMatching(/^app-2 is ready again as process \d+ \(.* s\)\n$/)])
  const changed = programs().filter(([name, pid]) => before.get(String(name)) !== pid)
  expect(changed.map(([name]) => name)).toEqual(['app-2'])
  const app = stateOf(stage()).programs.find(({ name }) => name === 'app-2')
  expect(app?.condition).toBe('up')
  const ready = await httpCall(`http://127.0.0.1:${app?.port}/health/ready`, { timeoutMs: 5_000 })
  expect(ready.status).toBe(200)
})

test('a reset puts the stock back while the stage goes on', async () => {
  const stock = async () => JSON.parse((await get('/products/prd_00007')).text).stock
  await lab('reset', '3').done
  const first = await stock()
  await order('prd_00007')
  expect(await stock()).toBe(first - 1)
  const { status, out } = await lab('reset', '3').done
  expect([status, out]).toEqual([0, expect.stringMatching(/^stage 3-load-balanced has its demo data back \(.* s; \d+ products/)])
  expect(await stock()).toBe(first)
  await order('prd_00007')
})

test('logs lists what there is, and shows the end of one', async () => {
  const list = await lab('logs', '3').done
  expect(list.out.trim().split('\n')).toEqual(
    readdirSync(logs())
      .filter((file) => file.endsWith('.log'))
      .map((file) => file.slice(0, -4)),
  )
  appendFileSync(join(logs(), 'app-3.log'), 'one\ntwo\nthree\n')
  expect(await lab('logs', '3', 'app-3', '--lines', '2').done).toEqual({ status: 0, out: 'two\nthree\n', error: '' })
})

test('and follows it until Ctrl-C', async () => {
  const { child, said, done } = lab('logs', '3', 'app-3', '--lines', '0', '--follow')
  onTestFinished(() => void child.kill('SIGKILL'))
  await vi.waitFor(() => {
    appendFileSync(join(logs(), 'app-3.log'), 'and so on\n')
    expect(said.out).toContain('and so on\n')
  }, WITHIN)
  child.kill('SIGINT')
  expect((await done).status).toBe(0)
})

test('and ends without a word where nobody reads on', async () => {
  const main = join(import.meta.dirname, '../../apps/lab/main.ts')
  const env = { ...process.env, OUTGROW_DATA: join(stage().stateFile, '../../..') }
  const child = spawn('sh', ['-c', '"$0" "$1" logs 3 runner --lines 100000 | head -n 1', process.execPath, main], { env })
  let error = ''
  child.stderr.on('data', (text) => {
    error += text
  })
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
  expect(error).toBe('')
})

test.each([
  [['restart', '3'], 'restart takes a stage and the name of a program; usage: npm run restart -- STAGE NAME'],
  [['restart', '3', 'app-9'], 'stage 3-load-balanced has no program "app-9"; there are: db, bank, app-1, app-2, app-3, edge'],
  [['restart', '9', 'app-1'], 'there is no stage "9"'],
  [['reset'], 'reset takes one stage; usage: npm run reset -- STAGE'],
  [['reset', '3', '4'], 'reset takes one stage'],
  [['logs'], 'logs takes a stage and a name'],
  [['logs', '3', 'app-9'], 'stage 3-load-balanced has no log of "app-9"; there are: app-1, app-2'],
  [['logs', '3', '--follow'], '--follow takes the name of a log'],
  [['logs', '3', 'app-1', '--lines', 'all'], '--lines takes a number from 0 to 1000000, not "all"'],
])('%j is answered with one line', async (args, complaint) => {
  const { status, out, error } = await lab(...args).done
  expect([status, out]).toEqual([1, ''])
  expect(error).toMatch(/^error: .*\n$/)
  expect(error).toContain(complaint)
})

const call = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  httpCall(`${stage().url}${path}`, { method: 'POST', body, headers, timeoutMs: 10_000 })
const get = (path: string) => httpCall(`${stage().url}${path}`, { timeoutMs: 10_000 })

/** With a session of its own, as a reset ends all sessions. */
async function order(productId: string): Promise<void> {
  const account = { email: 'shopper-0009@example.com', password: 'outgrow-demo-password' }
  const session = await call('/sessions', account)
  const cookie = String(session.headers['set-cookie']).split(';')[0] ?? ''
  const items = [{ productId, quantity: 1 }]
  const { status, text } = await call('/orders', { items }, { cookie, 'idempotency-key': crypto.randomUUID() })
  expect(status, text).toBe(201)
}
