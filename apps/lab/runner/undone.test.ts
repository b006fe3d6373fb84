import { afterEach, expect, test, vi } from 'vitest'
import { undone } from './undone.ts'

afterEach(() => vi.restoreAllMocks())

const later = (said: string[], word: string) => async () => {
  await new Promise((resolve) => setImmediate(resolve))
  said.push(word)
}

test('what was done is undone when the work is over, well or not', async () => {
  const said: string[] = []
  expect(await undone(later(said, 'undone'), async () => 'done')).toBe('done')
  await expect(undone(later(said, 'undone, too'), () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(said).toEqual(['undone', 'undone, too'])
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s undoes all of it, the last first, and then ends the process',
  async (signal) => {
    const said: string[] = []
    const listeners = process.listenerCount(signal)
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    const exit = vi.spyOn(process, 'exit').mockImplementation((() => said.push('exit')) as never)
    const fails = async () => {
      await later(said, 'third')()
      throw new Error('it is away')
    }
    const all = undone(later(said, 'first'), () => undone(later(said, 'second'), () => undone(fails, () => over)))
    const failed = all.catch((error: Error) => error.message)
    process.emit(signal)
    await vi.waitFor(() => expect(exit).toHaveBeenCalledWith(130))
    end()
    expect(await failed).toBe('it is away')
    expect(said).toEqual(['third', 'second', 'first', 'exit'])
    expect(process.listenerCount(signal)).toBe(listeners)
  },
)
