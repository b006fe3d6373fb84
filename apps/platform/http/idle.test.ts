import { once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { untilIdle } from './idle.ts'

async function serving() {
  const held: ServerResponse[] = []
  const server = createServer((request, response) => (request.url === '/held' ? void held.push(response) : response.end()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const ask = async (path: string, agent: Agent | false = false) => {
    const [answer] = (await once(get({ host: '127.0.0.1', port, path, agent }), 'response')) as [IncomingMessage]
    await once(answer.resume(), 'end')
    return answer.statusCode
  }
  return { server, held, ask }
}

test('waits for what is under way, not for connections that rest, and answers all the while', async () => {
  const { server, held, ask } = await serving()
  await ask('/', new Agent({ keepAlive: true }))
  const slow = ask('/held')
  await vi.waitFor(() => expect(held).toHaveLength(1))
  let idle = false
  const done = untilIdle(server, 20_000).then(() => {
    idle = true
  })
  for (let count = 0; count < 5; count++) expect(await ask('/')).toBe(200)
  expect(idle).toBe(false)
  held[0]?.end()
  expect(await slow).toBe(200)
  await done
  expect(server.listening).toBe(true)
})

test('reads what has come before it takes a connection for one that rests', async () => {
  const { server } = await serving()
  const { port } = server.address() as AddressInfo
  const client = connect(port, '127.0.0.1')
  const request = 'GET / HTTP/1.1\r\nhost: test\r\n\r\n'
  client.write(request)
  await once(client, 'data')
  const answered = once(client, 'data')
  client.write(request)
  await untilIdle(server, 20_000)
  expect(String((await answered)[0])).toContain('200 OK')
})

test('gives up on what does not end', async () => {
  const { server, held, ask } = await serving()
  const slow = ask('/held')
  await vi.waitFor(() => expect(held).toHaveLength(1))
  await untilIdle(server, 100)
  held[0]?.end()
  expect(await slow).toBe(200)
})
