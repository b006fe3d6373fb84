import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { MODES, type Mode, type Outcome, outcomeOf, SAVE_POINTS } from './persistence.ts'
import { numberIn, startPlainRedis } from './plain-redis.ts'

/** More, for a table with larger figures. */
const KEYS = Number(process.env.OUTGROW_KEYS ?? 10_000)
const HALF = KEYS / 2

const outcomes: Outcome[] = []
async function killed(mode: Mode): Promise<Outcome> {
  const outcome = await outcomeOf(mode, KEYS)
  outcomes.push(outcome)
  return outcome
}
afterAll(() => console.log(tableOf(outcomes)))

describe(`${KEYS} keys in a Redis that is killed (J1, J3, J5)`, () => {
  test('nothing on disk: all are lost', async () => {
    expect((await killed(MODES.none)).lost).toEqual([HALF, HALF])
  })

  test('RDB before its first save: all are lost, and all had been acknowledged', async () => {
    expect((await killed(MODES.unsaved)).lost).toEqual([HALF, HALF])
  })

  test('RDB: all that came after the last save is lost', async () => {
    const { lost, files } = await killed(MODES.saved)
    expect(lost).toEqual([0, HALF])
    expect([...files]).toEqual([['dump.rdb', 'REDIS']])
  })

  test('AOF always: none is lost', async () => {
    expect((await killed(MODES.always)).lost).toEqual([0, 0])
  })

  test('AOF everysec: what is older than two seconds is there', async () => {
    expect((await killed(MODES.everysec)).lost[0]).toBe(0)
  })
})

describe('AOF and RDB in one (J4, R7)', () => {
  test('the log begins with a snapshot: it is smaller, and safe as a log is', async () => {
    const hybrid = await killed(MODES.hybrid)
    const log = outcomes.find(({ name }) => name === MODES.everysec.name)
    expect(hybrid.lost[0]).toBe(0)
    expect(startsOf(hybrid, /base\.rdb$/)).toEqual(['REDIS'])
    expect(startsOf(hybrid, /incr\.aof$/)).toEqual([expect.stringMatching(/^\*/)])
    expect(hybrid.bytes).toBeLessThan(log?.bytes ?? 0)
  })
})

describe('save points (J2)', () => {
  test('save 60 10000 waits for its minute: what was written since the last save is counted, and in memory alone', async () => {
    const server = await startPlainRedis(...SAVE_POINTS)
    onTestFinished(server.stop)
    const redis = server.connect()
    expect(await redis.config('GET', 'save')).toEqual(['save', '900 1 300 10 60 10000'])
    await redis.eval("for key = 1, 20000 do redis.call('SET', key, 1) end", 0)
    expect(numberIn(await redis.info('persistence'), 'rdb_changes_since_last_save')).toBe(20_000)
  })

  test('when both have come, the time and the changes, it saves by itself', async () => {
    const server = await startPlainRedis('save 1 10')
    onTestFinished(server.stop)
    const redis = server.connect()
    const unsaved = async () => numberIn(await redis.info('persistence'), 'rdb_changes_since_last_save')
    for (let key = 0; key < 10; key++) await redis.set(`key:${key}`, 1)
    await expect.poll(unsaved, { interval: 50, timeout: 20_000 }).toBe(0)
    await server.kill()
    await server.restart()
    expect(await server.connect().dbsize()).toBe(10)
  })
})

function startsOf({ files }: Outcome, pattern: RegExp): string[] {
  return [...files].filter(([name]) => pattern.test(name)).map(([, start]) => start)
}

function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ name, lost: [first, second], writesPerS, bytes, loadMs }) => {
    return [name, first, second, Math.round(writesPerS), (bytes / 1e6).toFixed(1), Math.round(loadMs)].join(' | ')
  })
  return [`${KEYS} keys, SIGKILL`, 'mode | lost of the first half | of the second | writes/s | MB | load ms', ...rows].join('\n')
}
