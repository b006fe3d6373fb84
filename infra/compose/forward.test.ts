import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { forward } from './forward.ts'

const HERE = '127.0.0.1'

/** A program, reached by another port. */
async function forwarded(answer: (said: string) => string): Promise<{ port: number; end(): Promise<void> }> {
  const program = createServer({ allowHalfOpen: true }, async (socket) => socket.end(answer(await text(socket))))
  await once(program.listen(0, HERE), 'listening')
  const { port: itsPort } = program.address() as AddressInfo
  const server = await forward({ port: 0, host: HERE }, { port: itsPort, host: HERE })
  const { port } = server.address() as AddressInfo
  const end = async () => void (program.listening && (await once(program.close(), 'close')))
  onTestFinished(async () => {
    server.close()
    await end()
  })
  return { port, end }
}

test('what is said here is heard there, to its end, and answered', async () => {
  const { port } = await forwarded((said) => `you said ${said}`)
  const socket = connect({ port, host: HERE })
  socket.end('hello')
  expect(await text(socket)).toBe('you said hello')
})

test('where nobody listens there the connection breaks, and later ones are made', async () => {
  const { port, end } = await forwarded(() => '')
  await end()
  for (const time of [1, 2]) {
    const [error] = await once(connect({ port, host: HERE }), 'error').catch((broken) => [broken])
    expect((error as NodeJS.ErrnoException).code, `time ${time}`).toBe('ECONNRESET')
  }
})
