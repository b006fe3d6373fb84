/** A real primary, a replica and three Sentinels for tests: on free ports, gone at the end. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { freePort } from '../process/free-port.ts'
import { endOwned, ownedFolder, spawnOwned } from '../process/owned-process.ts'
import { until } from '../process/until.ts'
import { locateServer } from '../servers/locate-server.ts'
import type { Invocation } from '../servers/server-program.ts'
import * as acl from './acl.ts'
import { redisConfig } from './config.ts'
import { sentinelConfig } from './sentinel-config.ts'
import { requireWholeView } from './sentinel-view.ts'
import { askRedis, redisCommand, sentinelCommand, writeConfig } from './server.ts'

const DEADLINE_MS = 30_000
const POLL_MS = 20
const TIMEOUT_MS = 1_000
const PASSWORD = 'test-password'
const GROUP = 'state'
const SERVERS = ['state-1', 'state-2'] as const
const SENTINELS = ['sentinel-1', 'sentinel-2', 'sentinel-3'] as const
export type ServerName = (typeof SERVERS)[number]
type MemberName = ServerName | (typeof SENTINELS)[number]

export type TestGroup = {
  /** For the shop's user, by way of the Sentinels. */
  readonly url: string
  /** The server that says that it is the primary; undefined while there is none, or two. */
  primary(): Promise<ServerName | undefined>
  /** To a server or Sentinel. */
  signal(name: MemberName, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** Starts one that was killed on the files that it left, as a supervisor would. */
  restart(name: MemberName): void
  /** As a user who may do everything. */
  ask<Answer>(name: MemberName, question: (redis: Redis) => Promise<Answer>): Promise<Answer>
  /** Polls until it is so; throws if it never is. */
  until(isSo: () => Promise<boolean>): Promise<void>
  stop(): Promise<void>
}

/** Returns once all three Sentinels know the whole group, with `state-1` as its primary. */
export async function startTestGroup(): Promise<TestGroup> {
  const server = await locateServer('redis', { onProgress: console.error })
  const folder = await ownedFolder('outgrow-sentinels-')
  const ports = await freePorts([...SERVERS, ...SENTINELS])
  const commands = new Map<MemberName, Invocation>()
  for (const name of SERVERS) commands.set(name, redisCommand(server, await writeServer(join(folder.path, name), name, ports)))
  for (const name of SENTINELS)
    commands.set(name, sentinelCommand(server, await writeSentinel(join(folder.path, name), name, ports)))
  const children = new Map<MemberName, ChildProcess>()
  const group = runningGroup(ports, commands, children)
  const stop = async (): Promise<void> => {
    await Promise.all([...children.values()].map(endOwned))
    await folder.remove()
  }
  try {
    for (const name of SERVERS) group.restart(name)
    await untilSo(() => group.ask('state-2', isCopy))
    for (const name of SENTINELS) group.restart(name)
    await Promise.all(SENTINELS.map((name) => group.until(() => group.ask(name, knowsAll))))
  } catch (error) {
    await stop()
    throw error
  }
  return { ...group, stop }
}

function runningGroup(
  ports: ReadonlyMap<MemberName, number>,
  commands: ReadonlyMap<MemberName, Invocation>,
  children: Map<MemberName, ChildProcess>,
): Omit<TestGroup, 'stop'> {
  const ask: TestGroup['ask'] = (name, question) =>
    askRedis({ port: portOf(name, ports), user: 'lab', password: PASSWORD, timeoutMs: TIMEOUT_MS }, question)
  const isPrimary = async (name: ServerName) =>
    ask(name, async (redis) => /^role:master/m.test(await redis.info('replication'))).catch(() => false)
  const sentinels = SENTINELS.map((name) => `127.0.0.1:${portOf(name, ports)}`)
  return {
    url: `redis-sentinel://shop:${PASSWORD}@${sentinels.join(',')}/?name=${GROUP}`,
    ask,
    async primary() {
      const claims = await Promise.all(SERVERS.map(isPrimary))
      const [primary, ...others] = SERVERS.filter((_, index) => claims[index])
      return others.length === 0 ? primary : undefined
    },
    signal: (name, signal) => void process.kill(-(children.get(name)?.pid ?? Number.NaN), signal),
    restart(name) {
      const { path, args, env } = commands.get(name) ?? { path: '', args: [], env: {} }
      children.set(name, spawnOwned({ path, args, env: { ...process.env, ...env } }))
    },
    until: untilSo,
  }
}

async function untilSo(isSo: () => Promise<boolean>): Promise<void> {
  const soon = { withinMs: DEADLINE_MS, everyMs: POLL_MS, complaint: 'it never came to be so' }
  await until(() => isSo().catch((error: Error) => error), soon)
}

/** A Sentinel that does not see the replica at its first look looks again after ten seconds. */
async function isCopy(replica: Redis): Promise<boolean> {
  return /^master_link_status:up/m.test(await replica.info('replication'))
}

async function knowsAll(sentinel: Redis): Promise<boolean> {
  await requireWholeView(sentinel, GROUP, { servers: SERVERS.length, sentinels: SENTINELS.length })
  return true
}

async function freePorts(names: readonly MemberName[]): Promise<Map<MemberName, number>> {
  const ports = new Map<MemberName, number>()
  for (const name of names) ports.set(name, await freePort())
  return ports
}

function portOf(name: MemberName, ports: ReadonlyMap<MemberName, number>): number {
  return ports.get(name) ?? 0
}

function writeServer(folder: string, name: ServerName, ports: ReadonlyMap<MemberName, number>): Promise<string> {
  const users = [acl.DEFAULT_USER_OFF, acl.labUser(PASSWORD), acl.shopUser(['state', 'events'], PASSWORD)]
  users.push(acl.replicationUser(PASSWORD), acl.sentinelUser(PASSWORD))
  const follows = name === 'state-1' ? {} : { replicaOf: { host: '127.0.0.1', port: portOf('state-1', ports) } }
  const group = { replicas: 1, replicationPassword: PASSWORD, ...follows }
  return writeConfig(folder, redisConfig({ role: 'state', port: portOf(name, ports), folder, users, group }))
}

function writeSentinel(folder: string, name: MemberName, ports: ReadonlyMap<MemberName, number>): Promise<string> {
  const users = [
    acl.DEFAULT_USER_OFF,
    acl.labUser(PASSWORD),
    acl.serviceUserOfSentinel('shop', PASSWORD),
    acl.sentinelUserOfSentinel(PASSWORD),
  ]
  const known = { port: portOf(name, ports), primary: { host: '127.0.0.1', port: portOf('state-1', ports) }, quorum: 2 }
  return writeConfig(folder, sentinelConfig({ ...known, folder, group: GROUP, users, sentinelPassword: PASSWORD }))
}
