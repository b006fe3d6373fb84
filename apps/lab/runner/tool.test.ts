import { expect, it } from 'vitest'
import { requireReadablePath } from './tool.ts'

it.each(['#', '?', '\\'])('names a %s in the path, which vitest cannot read', (character) => {
  expect(() => requireReadablePath(`/home/ada/out${character}grow`)).toThrow(
    `no test can be run in a folder with "${character}" in its path; move the checkout: /home/ada/out${character}grow`,
  )
})

it('takes what it can read', () => {
  expect(() => requireReadablePath(`/home/Ada's [a:b] {c} 50%/out grow`)).not.toThrow()
})
