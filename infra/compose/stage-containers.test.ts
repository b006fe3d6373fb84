import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { loadStage } from '../stage/catalogue.ts'
import { planOf } from '../stage/plan.ts'
import { StageContainers } from './stage-containers.ts'
import { answeringDocker } from './test-docker.ts'

afterEach(() => vi.unstubAllEnvs())

const plan = planOf(await loadStage('1'), { portBase: 4_000, runtime: 'compose' })
const NAMES = 'stage1-db\toutgrow-stage1-db-1\nstage1-app-1\toutgrow-stage1-app-1-1\nstage2-db\toutgrow-stage2-db-1\n'

function row(name: string, { pid = 7, status = 'running', health = 'healthy' } = {}): string {
  return `/outgrow-stage1-${name}-1\t${pid}\t2026-01-01T00:00:00Z\t${status}\t${health}\t0\n`
}

async function containersOf(): Promise<StageContainers> {
  const containers = await StageContainers.of(plan)
  onTestFinished(() => containers.close())
  return containers
}

test('each program’s container is known by the program, as Docker tells of it, and no other stage’s', async () => {
  answeringDocker({ ps: NAMES, inspect: row('db') + row('app-1', { health: 'starting' }) })
  const containers = await containersOf()
  expect([...containers.lives].map(([name, { container, isRunning, isWell }]) => [name, container, isRunning, isWell])).toEqual([
    ['db', 'outgrow-stage1-db-1', true, true],
    ['app-1', 'outgrow-stage1-app-1-1', true, false],
  ])
})

test('what was killed is started again, and is another one then', async () => {
  const docker = answeringDocker({ ps: NAMES, inspect: row('db') })
  const containers = await containersOf()
  docker.answer('inspect', row('db', { pid: 0, status: 'exited' }))
  await vi.waitFor(() => expect(docker.asked()).toContain('start outgrow-stage1-db-1'), { timeout: 30_000 })
  expect(containers.lives.get('db')?.isRunning).toBe(false)
  docker.answer('inspect', row('db', { pid: 8 }))
  await vi.waitFor(() => expect(containers.lives.get('db')).toMatchObject({ pid: 8, isWell: true }), { timeout: 30_000 })
})

test('a stage that is not there has none', async () => {
  const docker = answeringDocker({ ps: '' })
  const containers = await containersOf()
  expect([containers.lives.size, docker.asked().filter((line) => line.startsWith('inspect'))]).toEqual([0, []])
})

test('what somebody had stopped before stays as it is', async () => {
  const docker = answeringDocker({ ps: NAMES, inspect: row('db', { pid: 0, status: 'exited' }) })
  const containers = await containersOf()
  docker.answer('inspect', row('db', { pid: 0, status: 'exited' }) + row('app-1'))
  await vi.waitFor(() => expect(containers.lives.get('app-1')?.isRunning).toBe(true), { timeout: 30_000 })
  expect(docker.asked().filter((line) => line.startsWith('start '))).toEqual([])
})
