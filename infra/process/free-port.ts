import { createServer } from 'node:net'

/**
 * Below the range from which Linux takes ports for connections that go out: one of those would keep a server that was killed from coming
 * back to its port. Above the blocks of the tests' stages.
 */
const FIRST = 24_000
const COUNT = 8_700
const TRIES = 200
const SERVERS_AT = '127.0.0.1'
/** Whoever is given a port holds the same number here, so that nobody else is given it before its server listens. */
const CLAIMED_AT = '127.0.0.2'

/** A TCP port of 127.0.0.1 on which nobody listens at the moment, and which is given to nobody else while this process lives. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if ((await claim(port)) && (await isFree(port))) return port
  }
  throw new Error('no free port was found')
}

/** Where there is only one such address (macOS), chance alone has to do. */
function claim(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const holder = createServer().once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRNOTAVAIL'))
    holder.listen({ host: CLAIMED_AT, port, exclusive: true }, () => resolve(true)).unref()
  })
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false))
    probe.listen({ host: SERVERS_AT, port, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
