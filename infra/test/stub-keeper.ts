/** A keeper that says what a test tells it, in the words of the real one: `GET /roles?after=` waits for something newer. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Roles } from '../../apps/shop/roles.ts'

export type StubKeeper = {
  readonly url: string
  /** What was asked, newest last: the `after` of each request. */
  readonly asked: readonly (string | null)[]
  /** Tells those that wait, as the next version. */
  say(changes: Partial<Omit<Roles, 'version'>>): void
  /** Like a keeper that was killed: nobody listens there any more. */
  stop(): Promise<void>
}

export type StubKeeperOptions = { readonly port?: number | undefined; readonly version?: number | undefined }

const WAIT_MS = 10_000

export async function startStubKeeper(
  first: Omit<Roles, 'version'>,
  { port = 0, version = 1 }: StubKeeperOptions = {},
): Promise<StubKeeper> {
  let roles: Roles = { ...first, version }
  const asked: (string | null)[] = []
  const waiting = new Set<ServerResponse>()
  const answer = (response: ServerResponse): void => {
    waiting.delete(response)
    response.setHeader('content-type', 'application/json').end(JSON.stringify(roles))
  }
  const server = createServer((request, response) => {
    const after = new URL(request.url ?? '/', 'http://keeper').searchParams.get('after')
    asked.push(after)
    if (after === null || Number(after) < roles.version) return answer(response)
    waiting.add(response)
    const timer = setTimeout(answer, WAIT_MS, response)
    response.once('close', () => {
      clearTimeout(timer)
      waiting.delete(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    say(changes) {
      roles = { ...roles, ...changes, version: roles.version + 1 }
      for (const response of waiting) answer(response)
    },
    stop: () => close(server),
  }
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
