import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from 'mysql2/promise'
import { until } from '../../process/until.ts'
import type { TestGroup } from '../test-group.ts'

export type Note = { readonly id: string; readonly acknowledged: boolean }

const STATEMENT_TIMEOUT_MS = 2_000
const DEADLINE_MS = 30_000
/** Slow enough for the replicas to keep up. */
const PAUSE_MS = 5

/** Clients that write notes one after another to whoever is primary, and remember what they were told. */
export class TestWriters {
  readonly #group: TestGroup
  readonly #notes: Note[] = []
  readonly #running: Promise<void>[]
  #stopping = false

  constructor(group: TestGroup, count: number) {
    this.#group = group
    const run = `${Date.now()}`
    this.#running = Array.from({ length: count }, (_, index) => this.#write(`${run}-${index}`))
  }

  /** Returns once so many more have been acknowledged. */
  async acknowledged(more: number): Promise<void> {
    const wanted = this.#countAcknowledged() + more
    const complaint = () => `only ${this.#countAcknowledged()} of ${wanted} notes were acknowledged`
    await until(() => this.#countAcknowledged() >= wanted, { withinMs: DEADLINE_MS, everyMs: 10, complaint })
  }

  async stop(): Promise<readonly Note[]> {
    this.#stopping = true
    await Promise.all(this.#running)
    return this.#notes
  }

  #countAcknowledged(): number {
    return this.#notes.filter(({ acknowledged }) => acknowledged).length
  }

  async #write(prefix: string): Promise<void> {
    let connection: Connection | undefined
    for (let count = 0; !this.#stopping; count++) {
      const id = `${prefix}-${count}`
      try {
        connection ??= await this.#connect()
        await connection.query({ sql: 'INSERT INTO notes VALUES (?)', values: [id], timeout: STATEMENT_TIMEOUT_MS })
        this.#notes.push({ id, acknowledged: true })
        await sleep(PAUSE_MS)
      } catch {
        this.#notes.push({ id, acknowledged: false })
        connection?.destroy()
        connection = undefined
        await sleep(20)
      }
    }
    connection?.destroy()
  }

  async #connect(): Promise<Connection> {
    const { primary } = await this.#group.roles()
    if (primary === null) throw new Error('there is no primary')
    const connection = await this.#group.connect(primary)
    connection.on('error', () => {})
    return connection
  }
}
