import { mkdirSync } from 'node:fs'
import { afterEach, expect, it, vi } from 'vitest'
import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import { STAGE_TAG } from '../../../infra/process/command.ts'
import { endProcesses } from '../../../infra/process/process-group.ts'
import { isRunning } from '../../../infra/process/process-table.ts'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { SLEEP, testProcess } from '../../../infra/process/test-process.ts'
import { stopCommand } from './stop.ts'

vi.mock(import('../../../infra/process/process-group.ts'), async (original) => {
  const real = await original()
  return { ...real, endProcesses: vi.fn(real.endProcesses) }
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.resetAllMocks()
  vi.restoreAllMocks()
})

it.each([
  ['2', 'stage 2-split-database does not run\n'],
  ['2-split-database', 'stage 2-split-database does not run\n'],
])('says of stage "%s", which was never started, that it does not run', async (reference, said) => {
  const { stop } = dataOfOwn()
  expect(await stop(reference)).toEqual({ status: 0, said })
})

it('says the same of one that has run', async () => {
  const { data, stop } = dataOfOwn()
  mkdirSync(stageFiles('1-single-node', data).folder, { recursive: true })
  expect(await stop('1', '2')).toEqual({
    status: 0,
    said: 'stage 1-single-node does not run\nstage 2-split-database does not run\n',
  })
})

it('says that nothing is running when no stage is named', async () => {
  const { stop } = dataOfOwn()
  expect(await stop()).toEqual({ status: 0, said: 'nothing is running\n' })
})

it.each([[['1']], [[]]])('succeeds once a program that was left is gone: stop %j', async (args) => {
  const { data, stop } = dataOfOwn()
  const left = await programOf('1-single-node', data)
  const said = 'ended 1 programs that a killed run of stage 1-single-node had left\n'
  expect(await stop(...args)).toEqual({ status: 0, said })
  expect(isRunning(left)).toBe(false)
})

it.each([[['1']], [[]]])('fails and names what still runs afterwards: stop %j', async (args) => {
  const { data, stop } = dataOfOwn()
  const { pid } = await programOf('1-single-node', data)
  // As if the kernel did not get it to its end.
  vi.mocked(endProcesses).mockImplementation(async (targets) => [...targets])
  const { status, said } = await stop(...args)
  expect([status, said]).toEqual([1, expect.stringContaining(`process ${pid} still runs: ${process.execPath} -e setInterval`)])
})

function dataOfOwn() {
  const data = testFolder()
  vi.stubEnv('OUTGROW_DATA', data)
  let said = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text
    return true
  })
  const stop = async (...args: string[]) => ({ status: await stopCommand.run(args), said })
  return { data, stop }
}

function programOf(stage: string, data: string) {
  const { folder } = stageFiles(stage, data)
  mkdirSync(folder, { recursive: true })
  return testProcess(SLEEP, { [STAGE_TAG]: folder })
}
