import { fsyncSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, it, vi } from 'vitest'
import { writeAtomically } from '../../process/atomic-file.ts'
import { testFolder } from '../../process/test-folder.ts'
import { readState, type StageState, writeState } from './stage-state.ts'

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  return { ...fs, fsyncSync: vi.fn(fs.fsyncSync) }
})
beforeEach(() => void vi.mocked(fsyncSync).mockClear())

it('keeps the runner, which waits for nothing else, from waiting for the disk', () => {
  const file = path.join(testFolder(), 'state.json')
  const state = { stage: 3, name: '3-load-balanced' } as StageState
  writeState(file, state)
  expect(readState(file)).toEqual(state)
  expect(fsyncSync).not.toHaveBeenCalled()
  writeAtomically(file, '{}')
  expect(fsyncSync).toHaveBeenCalledOnce()
})
