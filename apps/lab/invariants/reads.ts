import type { Finding } from './finding.ts'
import { type ReadSeen, type Sighting, sightingsOf, type WriteSeen } from './sightings.ts'

/**
 * Nobody reads something older than what was acknowledged before they asked. What its owner alone reads, an order or a cart, also never
 * goes backwards for them, acknowledged or not (session guarantees after Terry et al., 1994: read your writes, monotonic reads).
 */
export function readFindings(sightings: readonly Sighting[]): Finding[] {
  const writes = byRegister(sightingsOf(sightings, 'write'))
  const reads = byRegister(sightingsOf(sightings, 'read'))
  return [...reads].flatMap(([register, own]) => [
    ...staleFindings(own, writes.get(register) ?? []),
    ...(own[0]?.register.of !== 'price' ? backwardFindings(own) : []),
  ])
}

function byRegister<Seen extends WriteSeen | ReadSeen>(seen: readonly Seen[]): Map<string, Seen[]> {
  return Map.groupBy(seen, ({ register }) => `${register.of} ${register.id}`)
}

function staleFindings(reads: readonly ReadSeen[], writes: readonly WriteSeen[]): Finding[] {
  const acknowledged = risingSteps(writes.map(({ at, version }) => ({ at, version })))
  return reads.flatMap((read) => {
    const due = latestBefore(acknowledged, read.startedAt)
    if (due === undefined || read.version >= due.version) return []
    const waited = Math.round(read.startedAt - due.at)
    return [finding(read, FAULTS[read.register.of], `${due.version} was acknowledged ${waited} ms before`)]
  })
}

function backwardFindings(reads: readonly ReadSeen[]): Finding[] {
  const seen = risingSteps(reads.map(({ endedAt, version }) => ({ at: endedAt, version })))
  return reads.flatMap((read) => {
    const due = latestBefore(seen, read.startedAt)
    if (due === undefined || read.version >= due.version) return []
    const waited = Math.round(read.startedAt - due.at)
    return [finding(read, 'read went backwards', `${due.version} was read ${waited} ms before`)]
  })
}

type Step = { readonly at: number; readonly version: number }

/** In order of time, those alone that are higher than all before them. */
function risingSteps(steps: readonly Step[]): Step[] {
  let highest = Number.NEGATIVE_INFINITY
  return steps
    .toSorted((one, other) => one.at - other.at)
    .filter(({ version }) => {
      const rises = version > highest
      highest = Math.max(highest, version)
      return rises
    })
}

function latestBefore(steps: readonly Step[], time: number): Step | undefined {
  return steps.findLast(({ at }) => at < time)
}

const FAULTS = { order: 'stale read of an order', price: 'stale read of a price', cart: 'stale read of a cart' } as const

function finding({ register, version, where }: ReadSeen, fault: Finding['fault'], due: string): Finding {
  return { invariant: 'reads', fault, subject: register.id, detail: `version ${version} in ${where}; ${due}` }
}
