import { spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
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

  it('fails for a shop that breaks the contract', async () => {
    const url = await serve({ 'x-served-by': 'liar' })
    const { status, said } = await runCommand(url)
    expect(said).toMatch(/[1-9]\d* failed/)
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

function runCommand(url: string): Promise<{ status: number | null; said: string }> {
  const main = `${import.meta.dirname}/../main.ts`
  const child = spawn(process.execPath, [main, 'contract', url], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 50_000 })
  let said = ''
  const listen = (chunk: Buffer) => {
    said += chunk
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  return new Promise((resolve) => child.once('exit', (status) => resolve({ status, said })))
}
