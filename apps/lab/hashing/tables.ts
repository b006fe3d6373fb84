/** A table that says of each unit (a bucket, a slot) which server has it. Nothing moves unless somebody changes a row. */
export type Table = Uint8Array

/** One for each count of servers; each count is one more than the one before. */
export function tablesOf(units: number, counts: readonly number[]): Table[] {
  const [first = 1, ...more] = counts
  const made = [evenTable(units, first)]
  for (const servers of more) made.push(grown(made.at(-1) as Table, servers))
  return made
}

/** Ranges of the same length, as far as they can be. */
function evenTable(units: number, servers: number): Table {
  return Uint8Array.from({ length: units }, (_, unit) => Math.floor((unit * servers) / units))
}

/** One server more, which takes its share from whoever has most, and nothing else moves. */
function grown(table: Table, servers: number): Table {
  const added = Uint8Array.from(table)
  const owned = countsOf(added, servers)
  for (const goal = Math.floor(table.length / servers); (owned[servers - 1] ?? 0) < goal; ) {
    const fullest = owned.indexOf(Math.max(...owned))
    added[added.lastIndexOf(fullest)] = servers - 1
    owned[fullest] = (owned[fullest] ?? 0) - 1
    owned[servers - 1] = (owned[servers - 1] ?? 0) + 1
  }
  return added
}

/** Units leave the busiest server for the one with least to do, the largest first, as long as that evens them out. `loads`: of each unit. */
export function relieved(table: Table, loads: Float64Array, servers: number): Table {
  const changed = Uint8Array.from(table)
  const busy = loadsOf(changed, loads, servers)
  const largestFirst = [...table.keys()].sort((one, other) => (loads[other] ?? 0) - (loads[one] ?? 0))
  for (let isEven = false; !isEven; ) {
    isEven = true
    for (const unit of largestFirst) {
      const [busiest, idlest] = [busy.indexOf(Math.max(...busy)), busy.indexOf(Math.min(...busy))]
      const load = loads[unit] ?? 0
      // What weighs more than half of the gap would only turn it round.
      if (changed[unit] !== busiest || load === 0 || load > ((busy[busiest] ?? 0) - (busy[idlest] ?? 0)) / 2) continue
      changed[unit] = idlest
      busy[busiest] = (busy[busiest] ?? 0) - load
      busy[idlest] = (busy[idlest] ?? 0) + load
      isEven = false
    }
  }
  return changed
}

export function loadsOf(table: Table, loads: Float64Array, servers: number): number[] {
  const sums = Array<number>(servers).fill(0)
  for (const [unit, server] of table.entries()) sums[server] = (sums[server] ?? 0) + (loads[unit] ?? 0)
  return sums
}

function countsOf(table: Table, servers: number): number[] {
  return loadsOf(table, new Float64Array(table.length).fill(1), servers)
}
