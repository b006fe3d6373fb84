/** A real Redis Cluster for tests: on free ports, with the configuration that a stage gives it, gone at the end. */
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { freePort } from '../process/free-port.ts'
import { endOwned, ownedFolder, spawnOwned } from '../process/owned-process.ts'
import { until } from '../process/until.ts'
import { locateServer } from '../servers/locate-server.ts'
import type { Invocation } from '../servers/server-program.ts'
import type { RedisRole } from '../stage/topology.ts'
import * as acl from './acl.ts'
import { requireNode } from './cluster-node.ts'
import { type ClusterNode, clusterRecords, nodeId } from './cluster-record.ts'
import { NODES_FILE, redisConfig } from './config.ts'
import { askRedis, redisCommand, writeConfig } from './server.ts'

const DEADLINE_MS = 30_000
const POLL_MS = 20
const TIMEOUT_MS = 1_000
const PASSWORD = 'test-password'

export type TestCluster = {
  /** For the shop's user, who has the rights of the role. */
  readonly url: string
  /** Named as in a stage: `state-1` … `state-3` are the masters at first, `state-4` follows `state-1`. */
  readonly nodes: readonly ClusterNode[]
  /** Of the user who may do everything. */
  readonly lab: { readonly user: string; readonly password: string; readonly timeoutMs: number }
  /** By which the nodes know each other. */
  idOf(name: string): string
  /** Whether it says that it is a master. */
  isMaster(name: string): Promise<boolean>
  signal(name: string, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** Starts one that was killed on the files that it left, as a supervisor would. */
  restart(name: string): void
  /** As a user who may do everything. */
  ask<Answer>(name: string, question: (redis: Redis) => Promise<Answer>): Promise<Answer>
  /** Polls until it is so; throws if it never is. */
  until(isSo: () => Promise<boolean>): Promise<void>
  stop(): Promise<void>
}

export type TestClusterOptions = {
  /** Without it the shop's user may use the keys of both roles. */
  readonly role?: RedisRole
  readonly masters?: number
  readonly replicas?: number
}

/** Returns once every slot is served and every replica has its copy: two seconds, which a master waits before it takes its first write. */
export async function startTestCluster({ role, masters = 3, replicas = 0 }: TestClusterOptions): Promise<TestCluster> {
  const server = await locateServer('redis', { onProgress: console.error })
  const folder = await ownedFolder('outgrow-cluster-')
  const nodes = await placeNodes(role ?? 'node', masters, masters * (1 + replicas))
  const seed = randomUUID()
  const records = clusterRecords(nodes, seed, new Map())
  const commands = new Map<string, Invocation>()
  for (const node of nodes) {
    const own = join(folder.path, node.name)
    commands.set(node.name, redisCommand(server, await writeConfig(own, configOf(node, own, role, replicas))))
    await writeFile(join(own, NODES_FILE), records.get(node.name) ?? '')
  }
  const children = new Map<string, ChildProcess>()
  const cluster = runningCluster(role ?? 'redis', nodes, { commands, children, idOf: (name) => nodeId(seed, name) })
  const stop = async (): Promise<void> => {
    await Promise.all([...children.values()].map(endOwned))
    await folder.remove()
  }
  try {
    for (const { name } of nodes) cluster.restart(name)
    await Promise.all(nodes.map(({ name }) => untilSo(() => cluster.ask(name, requireNode).then(() => true))))
  } catch (error) {
    await stop()
    throw error
  }
  return { ...cluster, stop }
}

type Running = {
  readonly commands: ReadonlyMap<string, Invocation>
  readonly children: Map<string, ChildProcess>
  idOf(name: string): string
}

function runningCluster(
  name: string,
  nodes: readonly ClusterNode[],
  { commands, children, idOf }: Running,
): Omit<TestCluster, 'stop'> {
  const lab = { user: 'lab', password: PASSWORD, timeoutMs: TIMEOUT_MS }
  const portOf = (name: string) => nodes.find((node) => node.name === name)?.port ?? 0
  const ask: TestCluster['ask'] = (name, question) => askRedis({ port: portOf(name), ...lab }, question)
  const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')
  return {
    url: `redis-cluster://shop:${PASSWORD}@${hosts}/?name=${name}`,
    nodes,
    lab,
    idOf,
    ask,
    isMaster: (name) => ask(name, async (redis) => (await redis.role())[0] === 'master').catch(() => false),
    signal: (name, signal) => void process.kill(-(children.get(name)?.pid ?? Number.NaN), signal),
    restart(name) {
      const { path, args, env } = commands.get(name) ?? { path: '', args: [], env: {} }
      children.set(name, spawnOwned({ path, args, env: { ...process.env, ...env } }))
    },
    until: untilSo,
  }
}

async function placeNodes(prefix: string, masters: number, count: number): Promise<ClusterNode[]> {
  const nodes: ClusterNode[] = []
  for (let number = 1; number <= count; number++) {
    const shard = ((number - 1) % masters) + 1
    nodes.push({ name: `${prefix}-${number}`, port: await freePort(), busPort: await freePort(), shard })
  }
  return nodes
}

function configOf({ port, busPort }: ClusterNode, folder: string, role: RedisRole | undefined, replicas: number): string {
  const users = [acl.DEFAULT_USER_OFF, acl.labUser(PASSWORD), acl.replicationUser(PASSWORD)]
  users.push(acl.shopUserOfCluster(role === undefined ? ['cache', 'state'] : [role], PASSWORD))
  const group = { replicas, replicationPassword: PASSWORD }
  return redisConfig({ role: role ?? 'state', port, folder, users, cluster: { busPort }, ...(replicas > 0 && { group }) })
}

async function untilSo(isSo: () => Promise<boolean>): Promise<void> {
  const soon = { withinMs: DEADLINE_MS, everyMs: POLL_MS, complaint: 'it never came to be so' }
  await until(() => isSo().catch((error: Error) => error), soon)
}
