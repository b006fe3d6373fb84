/** What can be wrong with a Redis that is there: each fault is made in a running stage, and undone by what the maker answers. */
import { randomBytes } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import type { Redis } from 'ioredis'
import { freePort } from '../../infra/process/free-port.ts'
import { MAXMEMORY_MB } from '../../infra/redis/config.ts'
import type { RedisRole } from '../../infra/stage/topology.ts'
import type { RunningStage } from './running-stages.ts'
import { askAt, primaryOf } from './stage-redis.ts'

type Undo = () => Promise<unknown>
export type MakeFault = (stage: RunningStage, role: RedisRole) => Promise<Undo>

/** No room for one more value, and nothing is thrown away for it. */
export const full: MakeFault = (stage, role) =>
  configured(stage, role, {
    'maxmemory-policy': ['noeviction', role === 'cache' ? 'allkeys-lru' : 'noeviction'],
    maxmemory: ['1', `${MAXMEMORY_MB[role]}mb`],
  })

/** As when it has lost its replicas and was told to take no writes without them. */
export const withoutReplicas: MakeFault = (stage, role) => configured(stage, role, { 'min-replicas-to-write': ['3', '0'] })

/** A replica of nobody. */
export const readOnly: MakeFault = async (stage, role) => {
  const { port } = await primaryOf(stage, role)
  const follow = (...of: [string, string]) => askAt(stage, port, (redis) => redis.replicaof(...of))
  await follow('127.0.0.1', '1')
  return () => follow('NO', 'ONE')
}

/** Answers reads, and lets writes wait. */
export const pausedForWrites: MakeFault = async (stage, role) => {
  const { port } = await primaryOf(stage, role)
  await askAt(stage, port, (redis) => redis.call('CLIENT', 'PAUSE', '20000', 'WRITE'))
  return () => askAt(stage, port, (redis) => redis.call('CLIENT', 'UNPAUSE'))
}

/** With all its connections open. */
export const stopped: MakeFault = async (stage, role) => {
  const { pid } = await primaryOf(stage, role)
  process.kill(pid, 'SIGSTOP')
  return async () => process.kill(pid, 'SIGCONT')
}

/** Each key holds something of another type, for as long as before. */
export const wrongTypes: MakeFault = (stage, role) =>
  spoiled(stage, role, async (redis, key) => {
    const [type, left] = [await redis.type(key), await redis.pttl(key)]
    await redis.del(key)
    if (type === 'string') await redis.rpush(key, 'nonsense')
    else await redis.set(key, 'nonsense')
    if (left > 0) await redis.pexpire(key, left)
  })

/** Each text is cut in half. */
export const cutOff: MakeFault = (stage, role) =>
  spoiled(stage, role, async (redis, key) => {
    if ((await redis.type(key)) !== 'string') return
    const value = (await redis.getBuffer(key)) ?? Buffer.alloc(0)
    await redis.set(key, value.subarray(0, value.length / 2), 'KEEPTTL')
  })

/** Something else listens at its port. */
export const garbage: MakeFault = (stage, role) => replaced(stage, role, talkGarbage)
export const yesMan: MakeFault = (stage, role) => replaced(stage, role, sayOk)

async function configured(stage: RunningStage, role: RedisRole, values: Record<string, readonly [now: string, then: string]>) {
  const { port } = await primaryOf(stage, role)
  const set = (which: 0 | 1) =>
    askAt(stage, port, async (redis) => {
      for (const [name, pair] of Object.entries(values)) await redis.config('SET', name, pair[which])
    })
  await set(0)
  return () => set(1)
}

/** There is nothing to undo: the shop has to mend it. */
async function spoiled(stage: RunningStage, role: RedisRole, spoil: (redis: Redis, key: string) => Promise<void>) {
  const { port } = await primaryOf(stage, role)
  await askAt(stage, port, async (redis) => {
    for (const key of await redis.keys(`${role}:*`)) await spoil(redis, key)
  })
  return async () => {}
}

/** Redis moves to another port, and its clients lose their connections. */
async function replaced(stage: RunningStage, role: RedisRole, talk: (socket: Socket) => void): Promise<Undo> {
  const { port } = await primaryOf(stage, role)
  const elsewhere = await freePort()
  await askAt(stage, port, (redis) => redis.config('SET', 'port', elsewhere))
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
    talk(socket)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await askAt(stage, elsewhere, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'))
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
    await askAt(stage, elsewhere, (redis) => redis.config('SET', 'port', port))
  }
}

const GARBAGE = ['HTTP/1.1 400 Bad Request\r\n\r\n', '$-7\r\n', '*2\r\n:x\r\n', '']
let turn = 0

function talkGarbage(socket: Socket): void {
  socket.on('data', () => socket.write(GARBAGE[turn++ % GARBAGE.length] || randomBytes(1_000)))
}

/** One `+OK` for each command. */
function sayOk(socket: Socket): void {
  socket.on('data', (chunk) => {
    const commands = chunk.toString('latin1').match(/\*\d+\r\n\$/g)?.length ?? 1
    socket.write('+OK\r\n'.repeat(commands))
  })
}
