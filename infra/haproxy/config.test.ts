import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePortBase } from '../local/run/free-port-base.ts'
import { locateServer } from '../servers/locate-server.ts'
import type { ServerProgram } from '../servers/server-program.ts'
import { loadStage } from '../stage/catalogue.ts'
import { type HaproxyProgram, type Plan, planOf } from '../stage/plan.ts'
import { errorFiles, haproxyConfig } from './config.ts'

const FETCH_WITHIN_MS = 300_000
const APPS = ['app-1', 'app-2', 'app-3']
const folder = mkdtempSync(path.join(tmpdir(), 'outgrow-haproxy-'))
const children = new Map<string, ChildProcess>()
let haproxy: ServerProgram
let plan: Plan

beforeAll(async () => {
  haproxy = await locateServer('haproxy')
  plan = planOf(await loadStage('3'), { portBase: await freePortBase() })
  for (const [name, text] of errorFiles({ name: 'edge' })) writeFileSync(path.join(folder, name), text)
}, FETCH_WITHIN_MS)

afterAll(() => {
  agent.destroy()
  for (const child of children.values()) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

describe('the configuration', () => {
  it.each(['round-robin', 'hash'])('is accepted with balance=%s', async (balance) => {
    const hashed = planOf(await loadStage('3'), { portBase: 4000, set: [`balance=${balance}`] })
    const file = writeConfig(hashed, 'checked.cfg')
    expect(execFileSync(haproxy.path, [...haproxy.args, '-c', '-f', file], { env: haproxy.env, stdio: 'pipe' })).toBeDefined()
  })
})

describe('its own answers', () => {
  it.each(errorFiles({ name: 'edge' }))('%s is a problem that says who answered', (file, text) => {
    const [head = '', body = ''] = text.split('\r\n\r\n')
    expect(head).toContain('\r\nx-served-by: edge\r\ncontent-type: application/problem+json')
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
  beforeAll(async () => {
    for (const name of APPS) startApp(name)
    run('edge', haproxy.path, [...haproxy.args, '-db', '-f', writeConfig(plan, 'haproxy.cfg')], haproxy.env)
    const seen = new Set<string>()
    await until(async () => seen.add((await ask('GET', 'warm')).text) && APPS.every((name) => seen.has(name)))
  }, 20_000)

  it('says who the client is itself, whatever the client says', async () => {
    await ask('GET', 'spoof', { 'x-forwarded-for': '6.6.6.6', 'x-served-by': 'me' })
    const headers = JSON.parse(linesWith('spoof')[0]?.split(' ').slice(2).join(' ') ?? '{}')
    expect(headers['x-forwarded-for']).toBe('127.0.0.1')
    expect(headers).not.toHaveProperty('x-served-by')
  })

  it('gives the apps their turn', async () => {
    const answers = await Promise.all(Array.from({ length: 9 }, (_, index) => ask('GET', `turn-${index}`)))
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(APPS))
  })

  it('lets an app say that headers are too large', async () => {
    expect((await ask('GET', 'large', { large: 'x'.repeat(20_000) })).status).toBe(431)
  })

  it('refuses nonsense, and two lengths at once, and closes the connection', async () => {
    expect(await sendRaw('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /)
    expect(await sendRaw('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab')).toMatch(
      /^HTTP\/1.1 400 /,
    )
  })

  it('asks apps that fail their checks where no app passes them', async () => {
    const turnAll = () => {
      for (const name of APPS) children.get(name)?.kill('SIGUSR2')
    }
    turnAll()
    await sleep(FOUND_DOWN_MS)
    for (let count = 0; count < 9; count++) expect((await ask('POST', `unwell-${count}`)).status).toBe(200)
    turnAll()
    await sleep(FOUND_DOWN_MS)
  })

  it('lets an app that is told to stop answer what it works on, and gives it nothing more', async () => {
    const slow = Array.from({ length: 12 }, (_, index) => ask('POST', `leaving-${index}`, { slow: 'yes' }))
    await until(async () => linesOf('app-3', 'leaving-').length >= 2)
    const taken = linesOf('app-3', 'leaving-').length
    children.get('app-3')?.kill('SIGTERM')
    const others = Array.from({ length: 100 }, (_, index) => `meanwhile-${index}`)
    const answers = await inParallel(2, others, (id, index) => ask(index % 2 === 0 ? 'GET' : 'POST', id))
    expect(answers.map(({ status }) => status)).toEqual(others.map(() => 200))
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual(slow.map(() => 200))
    await until(async () => children.get('app-3')?.exitCode === 0)
    expect(linesOf('app-3', 'leaving-')).toHaveLength(taken)
    await restarted('app-3')
  }, 30_000)

  it('loses no read and sends no write twice when an app hangs, and lets nobody wait for it', async () => {
    const ids = Array.from({ length: 600 }, (_, index) => `hang-${index}`)
    let answered = 0
    const answers = await inParallel(12, ids, async (id, index) => {
      const answer = await ask(index % 2 === 0 ? 'GET' : 'POST', id)
      answered += 1
      if (answered === FAULT_AFTER_ANSWERS) children.get('app-2')?.kill('SIGSTOP')
      return answer
    })
    // All have ended, and the app hangs still: none of them has waited for it.
    const failed = ids.filter((_, index) => answers[index]?.status !== 200)
    const writes = ids.filter((_, index) => index % 2 === 1)
    expect(failed.filter((id) => !writes.includes(id))).toEqual([])
    expect(failed.length).toBeLessThanOrEqual(12)
    expect(answers.map(({ status }) => status)).not.toContain(504)
    children.get('app-2')?.kill('SIGCONT')
    await until(async () => (await ask('GET', 'woken')).text === 'app-2')
    expect(writes.filter((id) => linesWith(id).length > 1)).toEqual([])
  }, 30_000)

  it('leaves apps in that are out of breath', async () => {
    const before = downs()
    for (const name of APPS) children.get(name)?.kill('SIGUSR1')
    await sleep(OUT_OF_BREATH_MS)
    expect(downs()).toEqual(before)
    for (const name of APPS) children.get(name)?.kill('SIGKILL')
    for (const name of APPS) await restarted(name)
  }, 30_000)

  it('loses no read and sends no write twice when an app is killed', async () => {
    const ids = Array.from({ length: 600 }, (_, index) => `kill-${index}`)
    let answered = 0
    const answers = await inParallel(12, ids, async (id, index) => {
      const answer = await ask(index % 2 === 0 ? 'GET' : 'POST', id)
      answered += 1
      if (answered === FAULT_AFTER_ANSWERS) children.get('app-2')?.kill('SIGKILL')
      return answer
    })
    const failed = ids.filter((_, index) => answers[index]?.status !== 200)
    expect(failed.filter((id) => Number(id.slice(5)) % 2 === 0)).toEqual([])
    expect(failed.length).toBeLessThanOrEqual(12)
    const writes = ids.filter((_, index) => index % 2 === 1)
    expect(writes.filter((id) => linesWith(id).length > 1)).toEqual([])
  }, 30_000)

  it('says 503 with Retry-After when no app is left', async () => {
    for (const name of ['app-1', 'app-3']) children.get(name)?.kill('SIGKILL')
    await until(async () => (await ask('POST', 'nobody')).status === 503)
    const { status, headers, text } = await ask('POST', 'nobody')
    expect([status, headers['retry-after'], headers['content-type']]).toEqual([503, '1', 'application/problem+json'])
    expect(JSON.parse(text)).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
  })
})

/** Two checks and some: were it too short, the test would prove less. */
const FOUND_DOWN_MS = 1_500

/** Of 600: well before the last of them, and with every app busy. */
const FAULT_AFTER_ANSWERS = 100

const OUT_OF_BREATH_MS = 5_000

type Answer = { status: number; headers: NodeJS.Dict<string | string[]>; text: string }
const agent = new Agent({ keepAlive: true })

/** A request that breaks off has the status 0. */
function ask(method: string, id: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve) => {
    const failed = () => resolve({ status: 0, headers: {}, text: '' })
    const sent = request(`${plan.url}/`, { method, agent, headers: { id, ...headers } }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => (text += chunk))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }))
      answer.on('error', failed)
    })
    sent.on('error', failed)
    sent.end()
  })
}

function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(plan.url).port), '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk))
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
  })
}

async function inParallel<Item, Result>(
  width: number,
  items: Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const rest = items.entries()
  const worker = async () => {
    for (const [index, item] of rest) results[index] = await work(item, index)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}

function startApp(name: string): void {
  const port = plan.programs.find((program) => program.name === name)?.port
  run(name, process.execPath, [path.join(import.meta.dirname, 'stub-app.ts'), name, String(port), seenBy(name)], {})
}

/** It has ended, is started again, and gets requests. */
async function restarted(name: string): Promise<void> {
  startApp(name)
  await until(async () => (await ask('GET', 'restarted')).text === name)
}

/** How often each app was taken out, by the balancer's own count. */
function downs(): number[] {
  const script = `const socket = require('node:net').connect(process.argv[1], () => socket.end('show stat\\n')); socket.pipe(process.stdout)`
  const socket = path.join(folder, 'haproxy.sock')
  const [header = '', ...rows] = execFileSync(process.execPath, ['-e', script, socket], { encoding: 'utf8' }).split('\n')
  const column = header.split(',').indexOf('chkdown')
  return rows.map((row) => row.split(',')).flatMap((row) => (APPS.includes(row[1] ?? '') ? [Number(row[column])] : []))
}

function run(name: string, program: string, args: readonly string[], env: Readonly<Record<string, string>>): void {
  children.set(name, spawn(program, args, { env, stdio: 'ignore' }))
}

function seenBy(name: string): string {
  return path.join(folder, `${name}.seen`)
}

function linesOf(name: string, start: string): string[] {
  if (!existsSync(seenBy(name))) return []
  return readFileSync(seenBy(name), 'utf8')
    .split('\n')
    .filter((line) => line.split(' ')[1]?.startsWith(start))
}

function linesWith(id: string): string[] {
  return APPS.map(seenBy)
    .filter(existsSync)
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line.split(' ')[1] === id),
    )
}

function writeConfig(of: Plan, name: string): string {
  const file = path.join(folder, name)
  const edge = of.programs.find((program): program is HaproxyProgram => program.kind === 'haproxy')
  if (edge) writeFileSync(file, haproxyConfig(of, edge, { folder, proxyKey: 'key' }))
  return file
}

async function until(met: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!(await met())) {
    if (Date.now() > deadline) throw new Error('it did not come about within 15 s')
    await sleep(50)
  }
}
