import { beforeEach, expect, it, vi } from 'vitest'
import { hasGit, runTool } from '../runner/tool.ts'
import { runChecks } from './check.ts'

vi.mock('../runner/tool.ts', () => ({ hasGit: vi.fn(), runTool: vi.fn() }))
beforeEach(() => void vi.mocked(runTool).mockReset())

it.each([true, false])('asks git what is ignored where there is a clone (%s)', async (isClone) => {
  vi.mocked(hasGit).mockReturnValue(isClone)
  vi.mocked(runTool).mockResolvedValue(0)
  expect(await runChecks()).toBe(0)
  expect(runTool).toHaveBeenCalledWith('biome', ['check', `--vcs-enabled=${isClone}`, '.'])
})

it('ends with the first that complains', async () => {
  vi.mocked(runTool).mockResolvedValueOnce(0).mockResolvedValueOnce(3)
  expect(await runChecks()).toBe(3)
  expect(vi.mocked(runTool).mock.calls.map(([name]) => name)).toEqual(['tsc', 'biome'])
})
