import { beforeAll, describe, expect, test } from 'vitest'
import { startTestGroup, type TestGroup } from '../test-group.ts'

let group: TestGroup
beforeAll(async () => {
  group = await startTestGroup()
  return group.stop
})

/** Whether the Sentinels that the first one sees could agree on a new primary. It counts one as away after a second. */
async function mayPromote(): Promise<boolean> {
  const answer = group.ask('sentinel-1', (sentinel) => sentinel.call('SENTINEL', 'CKQUORUM', 'state'))
  return answer.then(
    () => true,
    (error) => {
      if (!/^NOQUORUM/.test(error.message)) throw error
      return false
    },
  )
}

/** What the first one thinks of the primary: `s_down` is its own opinion, `o_down` that of as many as the quorum. */
async function opinions(): Promise<string[]> {
  const fields = (await group.ask('sentinel-1', (sentinel) => sentinel.call('SENTINEL', 'MASTER', 'state'))) as string[]
  return fields[fields.indexOf('flags') + 1]?.split(',') ?? []
}

async function sentinelsAway(): Promise<number> {
  const others = (await group.ask('sentinel-1', (one) => one.call('SENTINEL', 'SENTINELS', 'state'))) as string[][]
  return others.filter((fields) => fields[fields.indexOf('flags') + 1]?.includes('s_down')).length
}

describe('Sentinels and what they promise (R6)', () => {
  test('of three one may be lost, and no more: of two, none', async () => {
    group.signal('sentinel-3', 'SIGKILL')
    await group.until(async () => (await sentinelsAway()) === 1)
    expect(await mayPromote()).toBe(true)
    group.signal('sentinel-2', 'SIGKILL')
    await group.until(async () => (await sentinelsAway()) === 2)
    expect(await mayPromote()).toBe(false)
  })

  test('one alone sees that the primary is gone, and nobody takes writes; with a second one the replica does', async () => {
    group.signal('state-1', 'SIGKILL')
    await group.until(async () => (await opinions()).includes('s_down'))
    expect(await opinions()).not.toContain('o_down')
    expect(await group.primary()).toBe(undefined)
    group.restart('sentinel-2')
    await group.until(async () => (await group.primary()) === 'state-2')
  })
})
