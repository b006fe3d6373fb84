import { createServer } from 'node:net'
import { portOwner } from '../../process/port-owner.ts'
import { StartError } from '../../process/start-error.ts'
import type { Plan } from '../../stage/plan.ts'

/** Throws one clear line that names the first port of the plan that is taken, and by what. Not all who need ports can move elsewhere. */
export async function checkPorts(plan: Pick<Plan, 'programs'>, { canMove = true } = {}): Promise<void> {
  for (const { name, port } of plan.programs) {
    const code = await listenError(port)
    if (code === undefined) continue
    throw new StartError(
      code === 'EADDRINUSE'
        ? `${takenLine(name, port)}${canMove ? MOVE : ''}`
        : `port ${port}, which ${name} needs, cannot be used (${code})`,
    )
  }
}

/** The code of the error that listening on 127.0.0.1 gives; undefined if the port is free. */
export function listenError(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

const MOVE = ', or choose another block of ports with OUTGROW_PORT_BASE=14000'

function takenLine(name: string, port: number): string {
  return `port ${port}, which ${name} needs, is taken by ${portOwner(port)}; end that`
}
