import { createServer } from 'node:net'

/** Whether this machine can speak as another loopback address: Linux can as all of 127.0.0.0/8, macOS only as those it was given. */
export function canSpeakAs(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(0, address, () => server.close(() => resolve(true)))
  })
}
