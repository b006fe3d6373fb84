import { createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { loadStage } from '../../stage/catalogue.ts'
import { planOf } from '../../stage/plan.ts'
import { freePortBase } from './free-port-base.ts'
import { checkPorts } from './ports.ts'

it('has nothing to say about free ports', async () => {
  await checkPorts(planOf(await loadStage('3'), { portBase: await freePortBase() }))
})

it.each(['127.0.0.1', '0.0.0.0'])('names the program, the port and the process that listens on %s', async (host) => {
  const plan = planOf(await loadStage('3'), { portBase: await freePortBase() })
  const port = plan.programs.find(({ name }) => name === 'app-2')?.port ?? 0
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  onTestFinished(() => void server.close())
  const error = await checkPorts(plan).catch((error: Error) => error.message)
  expect(error).toContain(`port ${port}, which app-2 needs, is taken by process ${process.pid} (`)
  expect(error).toContain('OUTGROW_PORT_BASE')
  await expect(checkPorts(plan, { canMove: false })).rejects.toThrow(/; end that$/)
})
