import { statSync } from 'node:fs'
import { expect, it, onTestFinished, vi } from 'vitest'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { reportFolder } from './report-folder.ts'

it('is for its owner alone', async () => {
  vi.stubEnv('OUTGROW_DATA', testFolder())
  onTestFinished(() => void vi.unstubAllEnvs())
  const umask = process.umask(0)
  onTestFinished(() => void process.umask(umask))
  expect(statSync(await reportFolder('load')).mode & 0o777).toBe(0o700)
})
