import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePortBase } from '../../../infra/local/run/free-port-base.ts'
import { leftoversOf } from '../../../infra/local/run/leftovers.ts'
import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import { STAGE_TAG } from '../../../infra/process/command.ts'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { SLEEP, testProcess } from '../../../infra/process/test-process.ts'
import type { RunnerMessage, RunnerRequest } from './messages.ts'

const FULL = '/dev/full'

/** Its log is on a disk that takes nothing. Answers what it told whoever started it, and how it ended. */
async function runOnFullDisk(data: string, request: RunnerRequest) {
  const log = openSync(FULL, 'a')
  const runner = spawn(process.execPath, [join(import.meta.dirname, 'stage-runner.ts'), JSON.stringify(request)], {
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, OUTGROW_DATA: data },
  })
  closeSync(log)
  onTestFinished(() => void runner.kill('SIGKILL'))
  const told: RunnerMessage[] = []
  runner.on('message', (message: RunnerMessage) => told.push(message))
  const [status, signal] = await once(runner, 'close')
  return { told, status, signal }
}

test.skipIf(!existsSync(FULL))('does its work where no line of its log can be written', { timeout: 60_000 }, async () => {
  const data = testFolder()
  const files = stageFiles('1-single-node', data)
  // Of which it tells before it fails: at the second line a stream of Node's own ends its process.
  await testProcess(SLEEP, { [STAGE_TAG]: files.folder })
  const portBase = await freePortBase()
  const neighbour = createServer().listen(portBase + 1, '127.0.0.1')
  await once(neighbour, 'listening')
  onTestFinished(() => void neighbour.close())
  const request = { stage: '1', set: [], portBase, sizeCpu: null, fresh: false, detach: false }
  const { told, status, signal } = await runOnFullDisk(data, request)
  expect(told.map(({ kind }) => kind)).toEqual(['progress', 'failed'])
  expect(told[1]).toMatchObject({ reason: expect.stringContaining(`port ${portBase + 1}`) })
  expect([status, signal]).toEqual([1, null])
  expect(leftoversOf(files)).toEqual([])
})
