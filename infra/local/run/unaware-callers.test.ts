import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { GatewayProgram } from '../../stage/app-programs.ts'
import { loadStage } from '../../stage/catalogue.ts'
import { planOf } from '../../stage/plan.ts'
import { untilCallersKnow } from './callers.ts'

/** A gateway of stage 6 that answers nothing of its copies until `knows` says so. */
async function gatewayThat(knows: () => boolean): Promise<GatewayProgram> {
  const { programs } = planOf(await loadStage('6'), { portBase: 5_000 })
  const [gateway] = programs.filter((program) => program.kind === 'gateway')
  if (!gateway) throw new Error('stage 6 has no gateway')
  const known = Object.values(gateway.to).map(({ service, copies }) => [service, { asked: copies, leaving: [] }])
  const answer = JSON.stringify(Object.fromEntries(known))
  const server = createServer((_, reply) => void (knows() ? reply.end(answer) : reply.writeHead(503).end('not yet')))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { ...gateway, port: (server.address() as AddressInfo).port }
}

test('who cannot be told is named while it is waited for', { timeout: 60_000 }, async () => {
  const news: string[] = []
  const gateway = await gatewayThat(() => news.length > 0)
  await untilCallersKnow({ programs: [gateway] }, (line) => news.push(line))
  expect(news).toEqual(['gateway-1 cannot be told of the copies yet …'])
})

test('nobody is named where all know', async () => {
  const news: string[] = []
  await untilCallersKnow({ programs: [await gatewayThat(() => true)] }, (line) => news.push(line))
  expect(news).toEqual([])
})
