import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePort } from './free-port.ts'

const LINUX_RANGE = '/proc/sys/net/ipv4/ip_local_port_range'

test('all are different, and free', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort))
  expect(new Set(ports).size).toBe(50)
  for (const port of ports) {
    const refused = new Promise((resolve) => connect(port, '127.0.0.1').once('error', resolve))
    expect(await refused).toMatchObject({ code: 'ECONNREFUSED' })
  }
})

test.runIf(process.platform === 'linux')('none is one that a connection might take', async () => {
  const lowest = Number(readFileSync(LINUX_RANGE, 'utf8').split(/\s/)[0])
  for (let count = 0; count < 50; count++) expect(await freePort()).toBeLessThan(lowest)
})

test('a server can listen there', async () => {
  const server = createServer()
  const port = await freePort()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  await new Promise((resolve) => server.close(resolve))
})
