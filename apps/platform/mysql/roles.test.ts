import { afterEach, expect, test, vi } from 'vitest'
import type { Roles } from '../../../infra/mysql/roles.ts'
import { type StubKeeper, startStubKeeper } from '../../fixtures/stub-keeper.ts'
import { followRoles, type RolesFollower } from './roles.ts'

/** For what comes by itself, however slow the machine is. */
const SOON = { timeout: 20_000 }
const FIRST = {
  epoch: 1,
  flavour: 'mariadb',
  primary: 'primary',
  replicas: [{ name: 'replica-1', lagMs: 0, serving: true }],
} as const satisfies Omit<Roles, 'version'>

const keepers: StubKeeper[] = []
const followers: RolesFollower[] = []
afterEach(async () => {
  await Promise.all(followers.splice(0).map((follower) => follower.stop()))
  await Promise.all(keepers.splice(0).map((keeper) => keeper.stop()))
  vi.restoreAllMocks()
})

type Keeping = { port?: number; version?: number; primary?: string | null }

async function keep({ port, version, ...roles }: Keeping = {}): Promise<StubKeeper> {
  const keeper = await startStubKeeper({ ...FIRST, ...roles }, { port, version })
  keepers.push(keeper)
  return keeper
}

function follow(url: string) {
  const said: Roles[] = []
  const follower = followRoles(url, (roles) => said.push(roles))
  followers.push(follower)
  return { said, follower }
}

const logged = () => vi.spyOn(console, 'log').mockImplementation(() => undefined)

test('the first roles come at once, and each change without being asked for again and again', async () => {
  const keeper = await keep()
  const { said, follower } = follow(keeper.url)
  expect(await follower.heard(30_000)).toBe(true)
  keeper.say({ primary: null })
  await expect.poll(() => said.at(-1), SOON).toMatchObject({ version: 2, primary: null })
  keeper.say({ primary: 'replica-1', epoch: 2 })
  await expect.poll(() => said.at(-1), SOON).toMatchObject({ version: 3, primary: 'replica-1' })
  await expect.poll(() => keeper.asked, SOON).toEqual([null, '1', '2', '3'])
})

test('while the keeper is away the last roles stay, and it is asked until it is back', async () => {
  const log = logged()
  const keeper = await keep()
  const { said, follower } = follow(keeper.url)
  await follower.heard(30_000)
  await keeper.stop()
  await expect.poll(() => log.mock.calls.flat().join(), SOON).toContain('the keeper does not answer')
  expect(said.at(-1)?.version).toBe(1)
  // It counts anew: what it says now is not older than what the one before it said.
  await keep({ port: Number(new URL(keeper.url).port), version: 0 })
  await expect.poll(() => said.at(-1)?.version, SOON).toBe(0)
  expect(log.mock.calls.flat().join()).toContain('the keeper answers again')
})

test('what is no answer of a keeper changes nothing', async () => {
  const log = logged()
  const keeper = await keep()
  const { said, follower } = follow(keeper.url)
  await follower.heard(30_000)
  keeper.say({ primary: 7 as unknown as string })
  await expect.poll(() => log.mock.calls.flat().join(), SOON).toContain('the keeper does not answer')
  expect(said).toHaveLength(1)
})

test('nobody waits longer for the first word than they want to, and stopping ends an open question', async () => {
  logged()
  const { follower } = follow('http://127.0.0.1:1')
  expect(await follower.heard(1)).toBe(false)
  expect(follower.silenceMs()).toBe(Number.POSITIVE_INFINITY)
  await follower.stop()
})
