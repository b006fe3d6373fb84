import { afterEach, expect, test, vi } from 'vitest'
import { answeringDocker } from '../../../infra/compose/test-docker.ts'
import type { ProgramState } from '../../../infra/local/state/stage-state.ts'
import { signalProgram, whileFrozen } from './programs.ts'

afterEach(() => vi.unstubAllEnvs())

const program = { name: 'db', kind: 'mysql', host: 'db', container: 'outgrow-stage2-db-1', pid: 7, port: 4201 } as ProgramState

test('what runs in a container is signalled by Docker, and whatever has that number here is left alone', async () => {
  const docker = answeringDocker({})
  await signalProgram({ ...program, pid: process.pid }, 'SIGKILL')
  expect(docker.asked()).toEqual(['kill --signal SIGKILL outgrow-stage2-db-1'])
})

test('it is frozen while the work is done, and woken when that fails', async () => {
  const docker = answeringDocker({})
  const failing = whileFrozen([program], () => Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  expect(docker.asked().map((line) => line.split(' ')[2])).toEqual(['SIGSTOP', 'SIGCONT'])
})
