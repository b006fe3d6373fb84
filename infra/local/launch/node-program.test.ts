import { expect, it } from 'vitest'
import { testFolder } from '../../process/test-folder.ts'
import { nodeCommand } from './node-program.ts'

/** glibc reads these before the program does anything: with them an app of many log-ins takes a third of the memory. */
it('gives all threads of a program one heap, from which large blocks go back as soon as they are free', () => {
  const { env } = nodeCommand(['main.ts'], testFolder(), {})
  expect(env).toMatchObject({ MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '1048576' })
})
