import { setTimeout as sleep } from 'node:timers/promises'
import type { RowDataPacket } from 'mysql2/promise'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isWhole, startTestGroup, type TestGroup } from '../test-group.ts'

let group: TestGroup

beforeAll(async () => {
  group = await startTestGroup()
})
afterAll(() => group?.stop())

test('while all is well servers are asked how they are, and now and then how they copy', async () => {
  const { replicas } = await group.until(isWhole)
  const replica = replicas[0]?.name ?? ''
  const asked = async (kind: string) => {
    const connection = await group.connectAsKeeper(replica)
    const [[row]] = await connection.query<RowDataPacket[]>(`SHOW GLOBAL STATUS LIKE 'Com_${kind}'`)
    await connection.end()
    return Number(row?.Value)
  }
  const how = group.flavour === 'mysql' ? 'show_replica_status' : 'show_slave_status'
  const inTwoSeconds = async () => {
    const [states, copying] = [await asked('select'), await asked(how)]
    await sleep(2_000)
    return { states: (await asked('select')) - states, copying: (await asked(how)) - copying }
  }
  // A machine that is out of breath asks rarely, and then for all.
  await expect.poll(inTwoSeconds, { timeout: 100_000 }).toSatisfy(({ states, copying }) => copying >= 1 && states > copying)
}, 120_000)
