import { expect, test, vi } from 'vitest'
import { freePort } from '../../process/free-port.ts'
import { dialectOf } from './dialect-of.ts'
import { Followers } from './followers.ts'
import { Member } from './member.ts'
import { ReplicaCare } from './replica-care.ts'
import { Rotation } from './rotation.ts'

const AT = { text: '', transactions: 1 }

/** Nothing listens there: what it is told fails, which the log shows. */
async function member(name: string, number: number): Promise<Member> {
  const made = new Member({ name, host: '127.0.0.1', port: await freePort() }, number, {
    dialect,
    password: 'secret',
    onLost: () => undefined,
  })
  made.missed = 0
  return made
}

const dialect = dialectOf('mysql', '9.7.0')

test('what a replica said before it was told to stop is no reason to believe that it was stopped by hand', async () => {
  const [primary, replica] = [await member('primary', 1), await member('replica', 2)]
  const log: string[] = []
  const care = new ReplicaCare({
    ...{ dialect, followers: new Followers(), rotation: new Rotation(1_000), fencing: true, password: '' },
    schemas: { made: 'shop', logged: [] },
    roleOf: ({ number }) => ({ serverId: number, semiSync: true }),
    straysOf: () => '',
    log: (event) => log.push(event),
  })
  const saysThatItReceives = (receiving: boolean) => {
    const copying = { sourcePort: primary.port, receiving, connected: receiving, applying: true, received: AT }
    replica.seen = { readOnly: true, executed: AT, copying, askedAt: performance.now(), copyingAskedAt: performance.now() }
  }
  saysThatItReceives(true)
  care.expectPauses([primary, replica])
  care.attend(primary, [primary, replica])
  saysThatItReceives(false)
  care.attend(primary, [primary, replica])
  await vi.waitFor(() => expect(log).toEqual([expect.stringContaining('replica could not be made a replica yet: ')]))
  await care.atRest()
  for (const one of [primary, replica]) one.close()
})
