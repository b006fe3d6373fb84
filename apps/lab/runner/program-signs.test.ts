import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { describePrograms } from './program-signs.ts'

const silentSince = '2026-01-02T03:04:05.000Z'
const program = (name: string, rest: object = {}) => ({
  name,
  kind: 'app',
  host: name,
  pid: 7,
  restarts: 0,
  condition: 'up',
  ...rest,
})

function stageIn(folder: string): StageState {
  const programs = [program('app-1', { condition: 'waiting', restarts: 3, silentSince }), program('edge', { kind: 'haproxy' })]
  return { secretsFile: path.join(folder, 'secrets.json'), programs } as unknown as StageState
}

test('tells how programs stand, what they said last, and what the balancer counts', async () => {
  const folder = testFolder()
  for (const name of ['logs', 'data/edge']) mkdirSync(path.join(folder, name), { recursive: true })
  writeFileSync(path.join(folder, 'logs/app-1.log'), 'no such table\n')
  writeFileSync(path.join(folder, 'logs/runner.log'), 'app-1 ended (exit status 1)\n')
  const balancer = createServer((socket) => socket.end('# pxname,svname,status,chkdown\napps,app-1,DOWN,2\n'))
  balancer.listen(path.join(folder, 'data/edge/haproxy.sock'))
  onTestFinished(() => void balancer.close())
  await once(balancer, 'listening')
  const told = await describePrograms(stageIn(folder))
  expect(told).toContain(`app-1 waiting, process 7, 3 restarts, silent since ${silentSince}`)
  expect(told).toMatch(/svname=app-1 status=DOWN .*chkdown=2/)
  expect(told).toContain('no such table')
  expect(told).toContain('app-1 ended (exit status 1)')
})

test('tells the rest where the balancer is away and nothing was logged', async () => {
  expect(await describePrograms(stageIn(testFolder()))).toContain('edge up, process 7, 0 restarts')
})
