import { expect, test } from 'vitest'
import { RoleBoard } from './roles.ts'

const NOW = { epoch: 1, primary: 'a', replicas: [{ name: 'b', lagMs: 0, serving: true }] }

test('the version rises with who serves, not with a lag', () => {
  const board = new RoleBoard('mariadb')
  const { version } = board.roles
  board.publish(NOW)
  expect(board.roles.version).toBe(version + 1)
  board.publish({ ...NOW, replicas: [{ name: 'b', lagMs: 500, serving: true }] })
  expect(board.roles).toMatchObject({ version: version + 1, replicas: [{ lagMs: 500 }] })
  board.publish({ ...NOW, replicas: [{ name: 'b', lagMs: 500, serving: false }] })
  board.publish({ ...NOW, primary: null })
  board.publish({ ...NOW, epoch: 2 })
  expect(board.roles.version).toBe(version + 4)
})

test('nobody is told anything before it is known', async () => {
  const board = new RoleBoard('mariadb', 7)
  expect(await board.newerThan(undefined, 1)).toBe(undefined)
  const waiting = board.newerThan(undefined, 60_000)
  board.publish({ epoch: 7, primary: null, replicas: [] })
  expect(await waiting).toMatchObject({ epoch: 7, primary: null })
})

test('who knows the newest version waits for the next one; any other is answered at once', async () => {
  const board = new RoleBoard('mariadb')
  board.publish(NOW)
  const { version } = board.roles
  expect(await board.newerThan(undefined, 60_000)).toMatchObject(NOW)
  expect(await board.newerThan(version + 100, 60_000)).toMatchObject(NOW)
  const waiting = board.newerThan(version, 60_000)
  board.publish({ ...NOW, epoch: 2 })
  expect(await waiting).toMatchObject({ epoch: 2, version: version + 1 })
  expect(await board.newerThan(version + 1, 1)).toMatchObject({ version: version + 1 })
})
