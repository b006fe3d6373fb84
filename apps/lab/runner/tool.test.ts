import { expect, it, vi } from 'vitest'
import { requireReadablePath, runTool } from './tool.ts'

vi.mock('../../../infra/local/state/data-folder.ts', async (original) => {
  return { ...(await original<object>()), CHECKOUT: '/home/ada/out#grow' }
})

it('runs no test where it would find none', async () => {
  await expect(runTool('vitest', ['run'])).rejects.toThrow('no test can be run in a folder with "#" in its path')
})

it.each(['#', '?', '\\'])('names a %s in the path, which vitest cannot read', (character) => {
  expect(() => requireReadablePath(`/home/ada/out${character}grow`)).toThrow(
    `no test can be run in a folder with "${character}" in its path; move the checkout: /home/ada/out${character}grow`,
  )
})

it('takes what it can read', () => {
  expect(() => requireReadablePath(`/home/Ada's [a:b] {c} 50%/out grow`)).not.toThrow()
})
