/**
 * Stands in the networks of a stage in containers while a command of the laboratory asks past the shop: each port that it is told of leads
 * to the program that has it. It ends with the command, whose line to it is its standard input.
 */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { EVERY_ADDRESS } from '../stage/address.ts'

export type Forwarded = { readonly port: number; readonly host: string }

if (import.meta.main) {
  const wanted: Forwarded[] = JSON.parse(process.argv[2] ?? '[]')
  await Promise.all(wanted.map((one) => forward({ port: one.port, host: EVERY_ADDRESS }, one)))
  console.log('ready')
  process.stdin.on('end', () => process.exit(0)).resume()
}

/** A connection here becomes one to there. */
export function forward(here: Forwarded, there: Forwarded): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (inside) => join(inside, connect({ ...there, allowHalfOpen: true })))
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(here, () => resolve(server))
  })
}

/** Where one side breaks, so does the other. */
function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.resetAndDestroy())
    from.on('close', () => to.destroy())
    from.pipe(to)
  }
}
