import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { labProcess } from '../runner/lab-process.ts'
import { contractCommand } from './contract.ts'

describe('npm run contract', () => {
  let server: Server | undefined
  afterEach(() => server?.close())

  it.each([[[]], [['nonsense']], [['https://127.0.0.1:4003']], [['http://127.0.0.1:4003', 'more']]])(
    'refuses %j',
    async (args) => {
      await expect(contractCommand.run(args)).rejects.toThrow(/http:\/\/127\.0\.0\.1:4003/)
    },
  )

  it('says that nothing answers', async () => {
    const url = await serve({})
    server?.close()
    await expect(contractCommand.run([url])).rejects.toThrow(`nothing answers at ${url} (ECONNREFUSED)`)
  })

  it('says that what answers is no shop', async () => {
    const url = await serve({})
    await expect(contractCommand.run([url])).rejects.toThrow(/is no shop/)
  })

  it('asks past a proxy, which knows nothing of this machine', async () => {
    const url = await serve({})
    const proxy = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1' }
    const { error } = await labProcess(['contract', url], { ...proxy, NO_PROXY: '', no_proxy: '' }).done
    expect(error).toBe(`error: what answers at ${url} is no shop: it does not say x-served-by\n`)
  })

  it('fails for a shop that breaks the contract', async () => {
    const url = await serve({ 'x-served-by': 'liar' })
    const { status, out, error } = await labProcess(['contract', url], {}).done
    expect(out + error).toMatch(/[1-9]\d* failed/)
    expect(status).toBe(1)
  })

  /** Answers everything with 200 and an empty object. */
  async function serve(headers: Record<string, string>): Promise<string> {
    const listening = createServer((request, response) => {
      request.resume()
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end('{}')
    })
    server = listening
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
  }
})
