import { afterEach, expect, test, vi } from 'vitest'
import { answeringDocker } from '../../../infra/compose/test-docker.ts'
import { testFolder } from '../../../infra/process/test-folder.ts'
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

test('without Docker one line says so', async () => {
  vi.stubEnv('PATH', testFolder())
  await expect(withComposeStage('1', null, never)).rejects.toThrow(/^there is no docker on the PATH; [^\n]+$/)
})
