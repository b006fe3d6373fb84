/**
 * Decides which server of a group takes the writes. The rules:
 *
 * - Every member is asked how it is, three times a second while all answer, else ten, and at once when the connection to one breaks. A primary
 *   that missed three questions is dead: its port is closed (killed), or it does not answer us and none of its replicas gets anything new from
 *   it (hung). One that is slow but writes goes on.
 * - A replica is promoted only if everyone who may hold the only copy of an acknowledged write can be reached. Else nobody takes
 *   writes until they are back, and the log says for whom the keeper waits.
 * - First the replicas stop listening to the dead primary. From then on it waits for ever for an acknowledgement, and can tell no
 *   client that something was written. Then the one that has received the most carries that out and takes over.
 * - Every member starts read only. One that comes back, from a restart or from a pause in which it was replaced, loses its clients,
 *   is made read only and follows; if it has transactions that the primary has not, it is emptied and replays the primary's log.
 * - A replica that lags too far, or cannot be reached, is no longer said to serve reads until it has caught up.
 * - A replica that has a transaction from nobody, or cannot carry out one of the primary's, is emptied as well. It is not promoted
 *   while there is a sound one. A row that somebody changed without logging it is seen only when the primary changes that row.
 *
 * One keeper is one judge: while it is gone everything goes on, but nobody is promoted.
 *
 * Why not a ready-made one? Orchestrator is archived, MaxScale is for MariaDB alone under a licence that is not free, InnoDB Cluster
 * is for MySQL alone, and ProxySQL only follows what others decide. Replication-manager knows both servers and is kept up; take it,
 * or a managed database, for a shop of your own. It is no Debian package, though, and too large to read in a lesson.
 */

import type { Flavour } from '../../servers/server-program.ts'
import type { Settings } from '../../stage/settings.ts'
import type { ShopSchemas } from '../bootstrap.ts'
import type { Dialect, Role } from './dialect.ts'
import { dialectOf } from './dialect-of.ts'
import { elect } from './election.ts'
import { Followers } from './followers.ts'
import { Member, type MemberAddress, MISSES, PROBE_DEADLINE_MS } from './member.ts'
import { Pace } from './pace.ts'
import { accede, successor } from './promotion.ts'
import { type GroupRecord, readRecord, writeRecord } from './record.ts'
import { ReplicaCare } from './replica-care.ts'
import { RoleBoard } from './roles.ts'
import { Rotation } from './rotation.ts'
import { serverIdOf } from './server-ids.ts'

/** So long a replica that got something new speaks for a primary that does not answer us. */
const NEWS_MS = 500

export type KeeperOptions = {
  readonly flavour: Flavour
  readonly version: string
  /** The first one becomes primary at the very first start. */
  readonly members: readonly MemberAddress[]
  readonly password: string
  readonly schemas: ShopSchemas
  readonly recordFile: string
  readonly settings: Pick<Settings, 'semiSync' | 'failover' | 'fencing' | 'replicaLagLimitMs'>
  log(event: string): void
}

export class Keeper {
  readonly board: RoleBoard
  readonly members: readonly Member[]
  /** Promotions since this process started. */
  promotions = 0
  readonly #options: KeeperOptions
  readonly #dialect: Dialect
  readonly #followers: Followers
  readonly #rotation: Rotation
  readonly #care: ReplicaCare
  readonly #pace = new Pace((isLate) => this.#step(isLate))
  readonly #isBeingTold = (name: string): boolean => this.#care.isAttendingTo(name)
  #record: GroupRecord
  #primary: Member | undefined
  #promotion: Promise<void> | undefined
  #withoutPrimarySince = performance.now()
  #waitsFor = ''

  constructor(options: KeeperOptions) {
    const { flavour, version, password, members, settings } = options
    this.#options = options
    this.#dialect = dialectOf(flavour, version)
    this.#record = readRecord(options.recordFile)
    this.board = new RoleBoard(this.#dialect.flavour, this.#record.epoch)
    const known = { dialect: this.#dialect, password, onLost: () => this.#pace.hurry() }
    this.members = members.map((address, index) => new Member(address, index + 1, known))
    this.#followers = new Followers(members.map(({ name }) => name).filter((name) => name !== this.#record.primary))
    this.#rotation = new Rotation(settings.replicaLagLimitMs)
    const shared = { dialect: this.#dialect, followers: this.#followers, rotation: this.#rotation }
    this.#care = new ReplicaCare({
      ...options,
      ...shared,
      fencing: settings.fencing === 'on',
      roleOf: (member) => this.#roleOf(member),
      straysOf: (member, primary) => this.#straysOf(member, primary),
    })
  }

  /** How often this member was emptied since this process started. */
  rebuildsOf(name: string): number {
    return this.#care.rebuilds.get(name) ?? 0
  }

  start(): void {
    this.#pace.start()
  }

  async stop(): Promise<void> {
    this.#pace.stop()
    await Promise.allSettled([this.#promotion, this.#care.atRest()])
    for (const member of this.members) member.close()
  }

  #step(isLate: boolean): { readonly isCalm: boolean } {
    // What we were late with ourselves, nobody has missed.
    if (!isLate) for (const member of this.members) member.noteSilence()
    const calm = this.#isCalm
    for (const member of this.members) member.probe({ calm })
    this.#followers.watch(this.members, this.#isBeingTold)
    this.#watchPrimary()
    if (this.#primary) this.#care.attend(this.#primary, this.members)
    else if (!this.#promotion) this.#fillVacancy()
    this.#publish()
    return { isCalm: this.#isCalm }
  }

  get #isCalm(): boolean {
    const isSettled = this.#primary !== undefined && !this.#care.isBusy && !this.#followers.inDoubt
    return isSettled && this.members.every(({ missed }) => missed === 0)
  }

  #watchPrimary(): void {
    const primary = this.#primary
    if (!primary) return
    const others = this.members.filter((member) => member !== primary)
    const reason = whyGone(primary, others)
    if (reason === undefined) this.#followers.endDoubt(primary, others, this.#isBeingTold)
    else this.#depose(primary, reason)
  }

  #depose({ name }: Member, reason: string): void {
    this.#options.log(`${name} is no longer primary: ${reason}`)
    this.#primary = undefined
    this.#withoutPrimarySince = performance.now()
    // It may have more than the others, which they will never get.
    this.#rotation.exclude(name)
  }

  #fillVacancy(): void {
    const last = this.members.find(({ name }) => name === this.#record.primary)
    if (last?.reachable && last.seen && !last.seen.readOnly)
      this.#install(last, `still takes writes in epoch ${this.#record.epoch}`)
    // A task that began under the last primary could make a replica listen to it again.
    else if (!this.#care.isBusy && this.members.every(({ known }) => known)) this.#beginPromotion()
  }

  #beginPromotion(): void {
    const verdict = elect(this.#situation())
    if ('wait' in verdict) {
      this.#noteWait(verdict.wait)
      return
    }
    this.#promotion = this.#promote(verdict.eligible)
      .catch((error: Error) => this.#noteWait(error.message))
      .finally(() => {
        this.#promotion = undefined
      })
  }

  #situation() {
    const { failover, semiSync } = this.#options.settings
    const none = { text: '', transactions: 0 }
    const last = this.members.find(({ name }) => name === this.#record.primary)
    return {
      members: this.members.map((member) => {
        const { name, reachable, seen } = member
        return { name, reachable, executed: seen?.executed ?? none, strayed: this.#straysOf(member, last) !== '' }
      }),
      last: this.#record.primary,
      followers: this.#followers.names,
      doubt: this.#followers.inDoubt,
      waitedMs: performance.now() - this.#withoutPrimarySince,
      failover: failover === 'on',
      semiSync: semiSync === 'on',
      excess: this.#dialect.excess,
    }
  }

  /** By what both said last. */
  #straysOf({ seen }: Member, primary: Member | undefined): string {
    return seen && primary?.seen ? this.#dialect.strays(seen, primary.seen, this.#roleOf(primary)) : ''
  }

  async #promote(eligible: readonly string[]): Promise<void> {
    const beganAt = performance.now()
    const there = this.members.filter(({ reachable }) => reachable)
    const chosen = await successor({ there, eligible, dialect: this.#dialect })
    const record = { epoch: this.#record.epoch + 1, primary: chosen.name }
    await accede(chosen, {
      dialect: this.#dialect,
      role: this.#roleOf(chosen, record.epoch),
      record: () => {
        writeRecord(this.#options.recordFile, record)
        this.#record = record
      },
    })
    this.promotions += 1
    this.#followers.startAnew()
    this.#rotation.cut(chosen.received)
    this.#install(
      chosen,
      `takes the writes in epoch ${record.epoch}, ${Math.round(performance.now() - beganAt)} ms after the decision`,
    )
  }

  #install(member: Member, event: string): void {
    this.#primary = member
    this.#waitsFor = ''
    this.#care.expectPauses(this.members)
    this.#options.log(`${member.name} ${event}`)
    this.#care.attend(member, this.members)
    this.#publish()
  }

  /** Ids differ between epochs, so that no member ever meets its own in a log that it replays, and skips what it wrote itself. */
  #roleOf({ number }: Member, epoch = this.#record.epoch): Role {
    return { serverId: serverIdOf(epoch, number), semiSync: this.#options.settings.semiSync === 'on' }
  }

  #noteWait(reason: string): void {
    if (reason !== this.#waitsFor) this.#options.log(`nobody takes the writes; the keeper waits: ${reason}`)
    this.#waitsFor = reason
  }

  /** Not before every server was asked: that we know of no primary yet does not mean that there is none. */
  #publish(): void {
    if (!this.members.every(({ known }) => known)) return
    const replicas = this.#rotation.replicas(this.#primary, this.members)
    this.board.publish({ epoch: this.#record.epoch, primary: this.#primary?.name ?? null, replicas })
  }
}

/** Undefined while it is primary. */
function whyGone(primary: Member, replicas: readonly Member[]): string | undefined {
  const { missed, refused, seen, name } = primary
  if (missed < MISSES) return seen?.readOnly ? 'it was started again' : undefined
  if (refused) return 'its port is closed'
  const quietSince = (seen?.askedAt ?? 0) + PROBE_DEADLINE_MS
  const hasNews = ({ after, by }: Member['news']) => after > quietSince && performance.now() - by < NEWS_MS
  const talks = replicas.some(({ news, seen }) => seen?.copying?.sourcePort === primary.port && hasNews(news))
  return talks ? undefined : `${name} answers nobody`
}
