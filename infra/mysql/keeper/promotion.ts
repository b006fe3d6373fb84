import type { Dialect, Role } from './dialect.ts'
import type { Member } from './member.ts'

/** A replica that limps a minute behind would be no use; at full speed it carries out thousands of transactions a second. */
const APPLY_WITHIN_MS = 30_000

type Succession = { readonly there: readonly Member[]; readonly eligible: readonly string[]; readonly dialect: Dialect }

/**
 * Cuts the last primary off from all its replicas, so that with semi-sync it never acknowledges a write again, hung as it may be;
 * then answers the one that has received the most, with all of that carried out. Throws if one of those that may hold what was
 * acknowledged does not do as it is told: then nothing has been decided.
 */
export async function successor({ there, eligible, dialect }: Succession): Promise<Member> {
  await Promise.all(there.map((member) => stopReceiving(member, dialect)))
  const candidates = there.filter(({ name }) => eligible.includes(name))
  await Promise.all(candidates.map((member) => member.observe()))
  const [chosen] = candidates.toSorted((one, other) => other.received - one.received || order(one) - order(other))
  if (!chosen) throw new Error('nobody is left to be promoted')
  await chosen.applyReceived(APPLY_WITHIN_MS)
  return chosen

  function order({ name }: Member): number {
    return eligible.indexOf(name)
  }
}

async function stopReceiving(member: Member, dialect: Dialect): Promise<void> {
  const { copying } = member.seen ?? {}
  if (!copying?.receiving) return
  // Both stopped, MariaDB would throw away what it has fetched when either is started.
  if (!copying.applying && !copying.fault) await member.tell(dialect.startApplying)
  await member.tell(dialect.stopReceiving)
}

type Accession = { readonly dialect: Dialect; readonly role: Role; readonly record: () => void }

/** What the new primary decides is on disk before it can take the first write. */
export async function accede(chosen: Member, { dialect, role, record }: Accession): Promise<void> {
  await chosen.tell(...dialect.lead(role))
  record()
  await chosen.tell(dialect.takeWrites)
  await chosen.observe()
}
