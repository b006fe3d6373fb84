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
  const chosen = foremost(candidates, eligible)
  if (!chosen) throw new Error('nobody is left to be promoted')
  await chosen.applyReceived(APPLY_WITHIN_MS)
  return chosen
}

type Candidate = Pick<Member, 'name' | 'received' | 'seen'>

/** Who has received the most; of those the one that can carry it out, and has done so furthest; of equals the first that is `eligible`. */
export function foremost<T extends Candidate>(candidates: readonly T[], eligible: readonly string[]): T | undefined {
  const faults = ({ seen }: T) => Number(seen?.copying?.fault !== undefined)
  const executed = ({ seen }: T) => seen?.executed.transactions ?? 0
  const order = ({ name }: T) => eligible.indexOf(name)
  const [first] = candidates.toSorted(
    (one, other) =>
      other.received - one.received ||
      faults(one) - faults(other) ||
      executed(other) - executed(one) ||
      order(one) - order(other),
  )
  return first
}

async function stopReceiving(member: Member, dialect: Dialect): Promise<void> {
  // What it said last may be a moment old, and one that is passed over would go on to acknowledge.
  const { copying } = await member.observe()
  if (!copying?.receiving) return
  // Both stopped, MariaDB would throw away what it has fetched when either is started.
  if (!copying.applying && !copying.fault) await member.tell(dialect.startApplying)
  await member.tell(dialect.stopReceiving)
}

type Accession = { readonly dialect: Dialect; readonly role: Role; readonly record: () => void }

/**
 * That it is the new primary is on disk before it can take the first write, and before it forgets whom it copied: where that fails half
 * way, the keeper goes on with it and waits for nobody else.
 */
export async function accede(chosen: Member, { dialect, role, record }: Accession): Promise<void> {
  record()
  await chosen.tell(...dialect.lead(role))
  await chosen.tell(dialect.takeWrites)
  await chosen.observe()
}
