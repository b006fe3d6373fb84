import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import { PLAN_SIGNAL } from '../../../infra/local/state/plan-request.ts'
import { type StageState, writeState } from '../../../infra/local/state/stage-state.ts'
import { identityOf } from '../../../infra/process/process-table.ts'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { askRunner } from './ask-runner.ts'

/** Tells twice what it knows, and goes on when the asker must have heard it: then it says that it has failed. */
const RUNNER = `
  const [request, state] = process.argv.slice(1)
  const answer = (rest) => {
    const { id } = JSON.parse(fs.readFileSync(request))
    fs.writeFileSync(state + '.new', JSON.stringify({ ...JSON.parse(fs.readFileSync(state)), planAnswer: { id, ...rest } }))
    fs.renameSync(state + '.new', state)
  }
  process.on('${PLAN_SIGNAL}', () => answer({ news: 'gateway-1 cannot be told' }))
  process.on('message', (what) => (what === 'heard' ? answer({ failed: 'it could not be' }) : undefined))
  process.send('ready')`

test('what the runner knows is said before it has answered, and once', async () => {
  vi.stubEnv('OUTGROW_DATA', testFolder())
  onTestFinished(() => void vi.unstubAllEnvs())
  const files = stageFiles('6-microservices')
  mkdirSync(dirname(files.state), { recursive: true })
  const runner = spawn(process.execPath, ['-e', RUNNER, files.planRequest, files.state], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  onTestFinished(() => void runner.kill('SIGKILL'))
  await once(runner, 'message')
  const identity = identityOf(runner.pid ?? 0) ?? expect.fail('the runner is gone')
  const state = { stage: 6, name: '6-microservices', runner: identity } as StageState
  writeState(files.state, state)
  const said: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => {
    said.push(String(line))
    runner.send('heard')
    return true
  })
  onTestFinished(() => void vi.restoreAllMocks())
  await expect(askRunner(state, { changed: ['products=3'] })).rejects.toThrow('it could not be; nothing was changed')
  expect(said).toEqual(['gateway-1 cannot be told\n'])
})
