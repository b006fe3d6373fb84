/** Says at which step the way to a Redis breaks: the Sentinels, the nodes of a Cluster, its name, the TCP connection, the log-in, or PING. */
import { Socket } from 'node:net'
import { Redis } from 'ioredis'
import { type NodeLine, parseNodes } from '../../../infra/redis/cluster-node.ts'
import { SLOTS } from '../../../infra/redis/cluster-record.ts'
import type { RedisAddress } from '../../../infra/stage/app-document.ts'
import { type Attempt, inOrder, type Place, type ProbeDeadlines, reachPort, resolveName, type Step } from '../process/probe.ts'

export type RedisStepName = 'sentinels' | 'cluster' | 'name' | 'tcp' | 'login' | 'ping'

/** Tries the steps in order and stops at the first that fails; each has `timeoutMs`. */
export async function probeRedis(address: RedisAddress, limits: ProbeDeadlines): Promise<Step<RedisStepName>[]> {
  const [host] = address.hosts
  if (!host) return []
  if (address.reach === 'server') return probeServer(host, address, limits)
  if (address.reach === 'cluster') return inOrder([['cluster', () => probeCluster(address, limits)]], limits)
  const { name, hosts } = address
  const primaries = Promise.all(hosts.map((sentinel) => primaryBy(sentinel, address, limits)))
  const asked = await inOrder<RedisStepName>([['sentinels', async () => describe(name, await primaries)]], limits)
  const primary = (await primaries).find((found) => found !== undefined)
  return primary === undefined ? asked : [...asked, ...(await probeServer(primary, address, limits))]
}

async function probeServer(place: Place, address: RedisAddress, limits: ProbeDeadlines): Promise<Step<RedisStepName>[]> {
  const socket = new Socket()
  const redis = oneTry(place, address, limits)
  const attempts: Attempt<RedisStepName>[] = [
    ['name', () => resolveName(place)],
    ['tcp', () => reachPort(socket, place)],
    ['login', () => logIn(redis, address)],
    ['ping', () => ping(redis)],
  ]
  try {
    return await inOrder(attempts, limits)
  } finally {
    socket.destroy()
    redis.disconnect()
  }
}

/** The primary's address as one Sentinel knows it; undefined where that one does not answer. */
async function primaryBy(sentinel: Place, address: RedisAddress, limits: ProbeDeadlines): Promise<Place | undefined> {
  const redis = oneTry(sentinel, address, limits)
  redis.on('error', () => {})
  try {
    const found = await redis.call('SENTINEL', 'get-master-addr-by-name', address.name)
    return Array.isArray(found) ? { host: String(found[0]), port: Number(found[1]) } : undefined
  } catch {
    return undefined
  } finally {
    redis.disconnect()
  }
}

/** As the node sees it that is the first to answer. */
async function probeCluster(address: RedisAddress, limits: ProbeDeadlines): Promise<string> {
  const { name, hosts } = address
  const views = await Promise.all(hosts.map((node) => viewOf(node, address, limits)))
  const known = views.filter((view) => view !== undefined)
  const [first] = known
  if (!first) throw new Error(`none of the ${hosts.length} nodes of ${name} answers`)
  const masters = first.filter(({ slots }) => slots.length > 0)
  const answering = masters.filter(({ isSilent }) => !isSilent)
  const served = answering.flatMap(({ slots }) => slots).reduce((sum, [begin, end]) => sum + end - begin + 1, 0)
  const found = `${known.length} of ${hosts.length} nodes answer, and ${answering.length} of ${masters.length} masters`
  if (served < SLOTS) throw new Error(`${found}: ${SLOTS - served} of ${SLOTS} slots are served by nobody`)
  return `${found}; all slots are served`
}

async function viewOf(node: Place, address: RedisAddress, limits: ProbeDeadlines): Promise<NodeLine[] | undefined> {
  const redis = oneTry(node, address, limits)
  redis.on('error', () => {})
  try {
    return parseNodes(String(await redis.cluster('NODES')))
  } catch {
    return undefined
  } finally {
    redis.disconnect()
  }
}

function describe(name: string, primaries: readonly (Place | undefined)[]): string {
  const known = primaries.filter((place) => place !== undefined)
  const [first] = known
  if (!first) throw new Error(`none of ${primaries.length} Sentinels says who is the primary of ${name}`)
  return `${known.length} of ${primaries.length} Sentinels answer; the primary of ${name} is ${first.host}:${first.port}`
}

function oneTry({ host, port }: Place, { user, password, database }: RedisAddress, { timeoutMs }: ProbeDeadlines): Redis {
  return new Redis({
    host,
    port,
    username: user,
    password,
    db: database,
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: () => null,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
  })
}

async function logIn(redis: Redis, { user }: RedisAddress): Promise<string> {
  // `connect` throws only that the connection was closed; the event says why.
  const reason = new Promise<never>((_resolve, reject) => redis.on('error', reject))
  await Promise.race([reason, redis.connect().catch(() => reason)])
  return `${user} is logged in`
}

async function ping(redis: Redis): Promise<string> {
  await redis.ping()
  return 'PING answers'
}
