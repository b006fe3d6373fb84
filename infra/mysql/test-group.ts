/** A real primary, two replicas and their keeper for tests: on free ports, gone at the end. */
import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Connection, createConnection } from 'mysql2/promise'
import { inject } from 'vitest'
import { freePort } from '../process/free-port.ts'
import { httpCall } from '../process/http-call.ts'
import { endOwned, ownedFolder, spawnOwned } from '../process/owned-process.ts'
import { tried, until } from '../process/until.ts'
import { locateServer } from '../servers/locate-server.ts'
import type { Flavour, ServerProgram } from '../servers/server-program.ts'
import { type Settings, settingsOf } from '../stage/settings.ts'
import { keeperServer } from './keeper/http.ts'
import { Keeper } from './keeper/keeper.ts'
import { pingMysql } from './ping.ts'
import type { Roles } from './roles.ts'
import { mysqldCommand } from './server.ts'
import { ACCOUNT, KEEPER_PASSWORD, makeTestFolder } from './test-folder.ts'

const READY_DEADLINE_MS = 60_000
const UNTIL_DEADLINE_MS = 20_000
const POLL_MS = 20
const NAMES = ['primary', 'replica-1', 'replica-2'] as const

export type TestGroup = {
  readonly flavour: Flavour
  readonly keeperUrl: string
  readonly names: readonly string[]
  /** What the keeper has said so far. */
  readonly log: string[]
  /** Of the shop's database on this member. */
  urlOf(name: string): string
  connect(name: string): Promise<Connection>
  /** As the keeper: it may stop replicas. */
  connectAsKeeper(name: string): Promise<Connection>
  roles(): Promise<Roles>
  /** Polls until the roles are as wanted; throws with the keeper's log if they never are. */
  until(wanted: (roles: Roles) => boolean): Promise<Roles>
  /** KILL, STOP or CONT to the server's process. */
  signal(name: string, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** Starts a server that was killed, as a supervisor would, and waits until it answers. */
  restart(name: string): Promise<void>
  startKeeper(): Promise<void>
  stopKeeper(): Promise<void>
  /** Kills everything and starts it again, with other settings if they are given. */
  startAnew(settings?: GroupSettings): Promise<void>
  stop(): Promise<void>
}

export type GroupSettings = Partial<Pick<Settings, 'semiSync' | 'failover' | 'fencing' | 'replicaLagLimitMs'>>

/** Returns once there is a primary and both replicas serve. Set OUTGROW_MYSQLD to test on that server. */
export async function startTestGroup(settings: GroupSettings = {}): Promise<TestGroup> {
  const server = await locateServer('mysql', { onProgress: console.error })
  const folder = await ownedFolder('outgrow-group-')
  const members = new Map<string, TestMember>()
  const running = keeperOf(server, folder.path, members)
  const stop = async (): Promise<void> => {
    await running.stop()
    await Promise.all([...members.values()].map((member) => member.end()))
    await folder.remove()
  }
  try {
    for (const name of NAMES) await makeTestFolder(server, join(folder.path, name), inject('databaseFolder'))
    for (const [index, name] of NAMES.entries()) {
      members.set(
        name,
        new TestMember(server, { folder: join(folder.path, name), port: await freePort(), memberNumber: index + 1 }),
      )
    }
    const group = groupOf(server.flavour, members, running, stop)
    await group.startAnew(settings)
    return group
  } catch (error) {
    await stop()
    throw error
  }
}

type Place = { readonly folder: string; readonly port: number; readonly memberNumber: number }

class TestMember {
  readonly port: number
  readonly #server: ServerProgram
  readonly #place: Place
  #child: ChildProcess | undefined
  #pid = 0

  constructor(server: ServerProgram, place: Place) {
    this.port = place.port
    this.#server = server
    this.#place = place
  }

  async start(): Promise<void> {
    let child = this.#spawn()
    const answers = async () => {
      // The one that was killed may still have held the files.
      if (child.exitCode !== null) child = this.#spawn()
      await pingMysql({ host: '127.0.0.1', port: this.port, ...ACCOUNT, timeoutMs: 1_000 })
      this.#pid = Number(await readFile(join(this.#place.folder, 'mysqld.pid'), 'utf8'))
    }
    const soon = { withinMs: READY_DEADLINE_MS, everyMs: POLL_MS }
    await until(() => tried(answers), { ...soon, complaint: `the database on port ${this.port} did not answer` })
  }

  #spawn(): ChildProcess {
    const { path, args, env } = mysqldCommand(this.#server, this.#place)
    this.#child = spawnOwned({ path, args, env: { ...process.env, ...env } })
    return this.#child
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.#pid, signal)
  }

  async end(): Promise<void> {
    if (this.#child) await endOwned(this.#child)
  }
}

type RunningKeeper = { settings: GroupSettings; url: string; log: string[]; start(): Promise<void>; stop(): Promise<void> }

function keeperOf(server: ServerProgram, root: string, members: ReadonlyMap<string, TestMember>): RunningKeeper {
  const defaults = settingsOf({ sessions: 'memory', cache: 'none', checkout: 'transaction' })
  let stop = async (): Promise<void> => {}
  const running: RunningKeeper = {
    settings: {},
    url: '',
    log: [],
    stop: () => stop(),
    start: async () => {
      const keeper = new Keeper({
        flavour: server.flavour,
        version: server.version,
        members: [...members].map(([name, { port }]) => ({ name, host: '127.0.0.1', port })),
        password: KEEPER_PASSWORD,
        schemas: { made: 'shop', logged: [] },
        recordFile: join(root, 'keeper.json'),
        settings: { ...defaults, ...running.settings },
        log: (event) => running.log.push(`${new Date().toISOString()} ${event}`),
      })
      const http = keeperServer(new Map([['keeper', keeper]]))
      const port = running.url === '' ? await freePort() : Number(new URL(running.url).port)
      await new Promise<void>((resolve, reject) => http.once('error', reject).listen(port, '127.0.0.1', resolve))
      running.url = `http://127.0.0.1:${port}`
      keeper.start()
      stop = async () => {
        const closed = new Promise((resolve) => http.close(resolve))
        http.closeAllConnections()
        await Promise.all([closed, keeper.stop()])
        stop = async () => {}
      }
    },
  }
  return running
}

function groupOf(
  flavour: Flavour,
  members: ReadonlyMap<string, TestMember>,
  keeper: RunningKeeper,
  stop: () => Promise<void>,
): TestGroup {
  const member = (name: string): TestMember => members.get(name) ?? fail(`the group has no ${name}`)
  const urlOf = (name: string) => `mysql://${ACCOUNT.user}:${ACCOUNT.password}@127.0.0.1:${member(name).port}/shop`
  const roles = async (): Promise<Roles> => JSON.parse((await httpCall(`${keeper.url}/roles`, { timeoutMs: 1_000 })).text)
  return {
    flavour,
    get keeperUrl() {
      return keeper.url
    },
    names: NAMES,
    log: keeper.log,
    urlOf,
    connect: (name) => createConnection(urlOf(name)),
    connectAsKeeper: (name) =>
      createConnection({ host: '127.0.0.1', port: member(name).port, user: 'keeper', password: KEEPER_PASSWORD }),
    roles,
    until: (wanted) => untilRoles(roles, wanted, keeper.log),
    startAnew: async (settings = {}) => {
      await keeper.stop()
      await Promise.all([...members.values()].map((one) => one.end()))
      await Promise.all([...members.values()].map((one) => one.start()))
      keeper.settings = settings
      await keeper.start()
      await untilRoles(roles, isWhole, keeper.log)
    },
    signal: (name, signal) => member(name).signal(signal),
    restart: (name) =>
      member(name)
        .end()
        .then(() => member(name).start()),
    startKeeper: keeper.start,
    stopKeeper: keeper.stop,
    stop,
  }
}

/** A primary, and replicas that serve. */
export function isWhole({ primary, replicas }: Roles): boolean {
  return primary !== null && replicas.every(({ serving }) => serving)
}

/** Another than the primary of that epoch takes the writes, or the same one anew. */
export function isReplaced(epoch: number): (roles: Roles) => boolean {
  return (roles) => roles.primary !== null && roles.epoch > epoch
}

async function untilRoles(
  roles: () => Promise<Roles>,
  wanted: (roles: Roles) => boolean,
  log: readonly string[],
): Promise<Roles> {
  let now: Roles | undefined
  const found = async () => {
    now = await roles()
    return wanted(now) && now
  }
  const complaint = () => `${log.join('\n')}\nthe roles stay ${JSON.stringify(now)}`
  return until(found, { withinMs: UNTIL_DEADLINE_MS, everyMs: POLL_MS, complaint })
}

function fail(reason: string): never {
  throw new Error(reason)
}
