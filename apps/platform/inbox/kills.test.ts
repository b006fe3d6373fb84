/** Relays and consumers as processes that are ended with KILL at their worst places, while there is always something to send. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { endOwned, spawnOwned } from '../../../infra/process/owned-process.ts'
import { startTestRedis, type TestRedis } from '../../../infra/redis/test-server.ts'
import { type EventParts, eventParts, STREAM } from '../../fixtures/event-parts.ts'
import type { EventProcess } from '../../fixtures/event-process.ts'

const PROGRAM = join(import.meta.dirname, '../../fixtures/event-process.ts')
const SUBJECTS = Array.from({ length: 20 }, (_, number) => `o${number}`)
const WITHIN = { timeout: 40_000, interval: 50 }
const PAUSE_MS = 5

let server: TestRedis
let parts: EventParts
const children: ChildProcess[] = []
beforeEach(async () => {
  server = await startTestRedis()
  parts = await eventParts(inject('databaseUrl'), server.url)
})
afterEach(async () => {
  await Promise.all(children.splice(0).map(endOwned))
  await parts.close()
  await server.stop()
})

function start(part: EventProcess['part'], dies: boolean): ChildProcess {
  const told: EventProcess = { part, databaseUrl: parts.databaseUrl, redisUrl: parts.redisUrl, dies }
  const child = spawnOwned({ path: process.execPath, args: [PROGRAM, JSON.stringify(told)], env: { PATH: process.env.PATH } })
  children.push(child)
  return child
}

/** Each ends in the middle of its work, and its successor begins; the last one stays. */
async function startMortals(part: EventProcess['part'], deaths: number): Promise<void> {
  for (let died = 0; died < deaths; died++) await once(start(part, true), 'exit')
  start(part, false)
}

/** Writes until it is told to stop; answers what was committed, each subject's events numbered. */
function writing(): () => Promise<string[]> {
  const told: string[] = []
  let ended = false
  const run = async () => {
    for (let number = 0; !ended; number++) {
      for (const subject of SUBJECTS) {
        await parts.tell([subject, number])
        told.push(`${subject} ${number}`)
      }
      await sleep(PAUSE_MS)
    }
  }
  const running = run()
  return async () => {
    ended = true
    await running
    return told
  }
}

const sorted = (subject: string, all: readonly string[]) => all.filter((one) => one.startsWith(`${subject} `))

async function expectOnceInOrder(told: readonly string[]): Promise<void> {
  await expect.poll(async () => (await parts.effects()).length, WITHIN).toBeGreaterThanOrEqual(told.length)
  const effects = await parts.effects()
  for (const subject of SUBJECTS) expect(sorted(subject, effects)).toEqual(sorted(subject, told))
  expect(effects).toHaveLength(told.length)
}

test('relays and consumers that are killed send twice, and have each effect once', async () => {
  const stop = writing()
  await Promise.all([startMortals('relay', 2), startMortals('consumer', 2)])
  const told = await stop()
  await expectOnceInOrder(told)
  const [, , , , , , , , , , , added = 0] = (await parts.lab.xinfo('STREAM', STREAM)) as number[]
  expect(added).toBeGreaterThan(told.length)
})

test('a Redis that is emptied again and again while they work loses none', async () => {
  const stop = writing()
  start('relay', false)
  start('consumer', false)
  for (let emptied = 0; emptied < 3; emptied++) {
    const before = (await parts.effects()).length
    await expect.poll(async () => (await parts.effects()).length, WITHIN).toBeGreaterThan(before + SUBJECTS.length)
    await parts.lab.flushall()
  }
  await expectOnceInOrder(await stop())
})
