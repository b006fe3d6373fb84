/** The proxy of a drill loses what it is told to lose, when the work is done, and nothing else. */
import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../../infra/process/free-port.ts'
import { httpCall } from '../../../../infra/process/http-call.ts'
import { Agent } from '../../../../infra/process/node-http.ts'
import { lossyProxy } from './lossy-proxy.ts'

const LARGE = 'ü'.repeat(200_000)
const TIMEOUT_MS = 10_000

/** A copy that counts what it has done, and refuses one path. */
async function detour(isLost: (requestLine: string) => boolean) {
  const done: string[] = []
  const copy = createServer((request, response) => {
    request.resume().once('end', () => {
      done.push(`${request.method} ${request.url}`)
      response.writeHead(request.url === '/refused' ? 409 : 201).end(LARGE)
    })
  })
  const port = await freePort()
  await new Promise<void>((resolve) => copy.listen(port, '127.0.0.1', resolve))
  const proxy = await lossyProxy(port, isLost)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(async () => {
    agent.destroy()
    copy.closeAllConnections()
    copy.close()
    await proxy.close()
  })
  const post = (path: string) =>
    httpCall(proxy.url + path, { method: 'POST', body: { text: LARGE }, agent, timeoutMs: TIMEOUT_MS }).then(
      ({ status, text }) => ({ status, isWhole: text === LARGE }),
      () => 'no answer',
    )
  return { post, done, proxy }
}

test('an answer is lost after the work was done, and the next request goes on', async () => {
  const { post, done, proxy } = await detour((requestLine) => requestLine.startsWith('POST /lost '))
  const answered = { status: 201, isWhole: true }
  expect([await post('/a'), await post('/lost'), await post('/b')]).toEqual([answered, 'no answer', answered])
  expect(done).toEqual(['POST /a', 'POST /lost', 'POST /b'])
  expect(proxy.lost()).toBe(1)
})

test('a refusal is none of the answers that may be lost, as nothing was done', async () => {
  const { post, proxy } = await detour(() => true)
  expect([await post('/refused'), await post('/a')]).toEqual([{ status: 409, isWhole: true }, 'no answer'])
  expect(proxy.lost()).toBe(1)
})
