import { afterEach, expect, test, vi } from 'vitest'
import { PORT_BASE } from '../../../infra/compose/port-base.ts'
import { answeringDocker } from '../../../infra/compose/test-docker.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { planOf } from '../../../infra/stage/plan.ts'
import { withComposeStage } from './compose-stage.ts'

afterEach(() => vi.unstubAllEnvs())

const never = () => Promise.reject(new Error('it is not up'))

test('a stage that has no containers is told of with what starts it', async () => {
  answeringDocker({ ps: '' })
  await expect(withComposeStage('1', null, never)).rejects.toThrow(
    'stage 1-single-node is not up in Docker Compose (it has no containers); start it with: docker compose --profile stage1 up --wait',
  )
})

test('one that is not well, with which of them are not', async () => {
  const names = ['db', 'app-1', 'bank'].map((name) => `stage1-${name}\t${name}\n`).join('')
  const rows = ['db', 'bank'].map((name) => `/${name}\t7\t\trunning\thealthy\t0\n`).join('')
  answeringDocker({ ps: names, inspect: `${rows}/app-1\t7\t\trunning\tstarting\t0\n` })
  await expect(withComposeStage('1', null, never)).rejects.toThrow(
    / is not up in Docker Compose \(not well: app-1\); start it with: [^\n]+$/,
  )
})

/** As much CPU as no machine has. */
const CROWDED = [1_000, { mayCrowd: false }] as const

test.each([
  ['not to be sized', null, {}],
  ['to have hosts that no machine has room for', ...CROWDED],
] as const)('one that is %s is freed of what is left of a size', async (_, sizeCpu, options) => {
  vi.stubEnv('OUTGROW_DATA', testFolder())
  const programs = planOf(await loadStage('1'), { portBase: PORT_BASE, runtime: 'compose' }).programs.map(({ name }) => name)
  const docker = answeringDocker({
    ps: programs.map((name) => `stage1-${name}\t${name}\n`).join(''),
    inspect: programs.map((name) => `/${name}\t7\t\trunning\thealthy\t0\n`).join(''),
    info: '2 true true\n',
    network: 'outgrow_stage1-front\n',
    run: JSON.stringify({ key: 'k'.repeat(43), version: 2 }),
  })
  const updates = () => docker.asked().filter((line) => line.startsWith('update '))
  const work = async (stage: () => StageState) => {
    expect(updates()).toEqual([`update --cpu-quota -1 --cpuset-cpus 0-1 ${programs.join(' ')}`])
    return stage().unsizedBecause
  }
  const because = await withComposeStage('1', sizeCpu, work, options)
  expect(because).toMatch(sizeCpu === null ? /only while they are measured/ : /1 of 1000 CPU are more than the \d+ CPUs here/)
})

test('without Docker one line says so', async () => {
  vi.stubEnv('PATH', testFolder())
  await expect(withComposeStage('1', null, never)).rejects.toThrow(/^there is no docker on the PATH; [^\n]+$/)
})
