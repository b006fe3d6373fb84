/** The arithmetic of MySQL's GTID sets: `uuid:1-5:8,uuid:1-3`. */

/** Ranges of each source, ascending, both ends included. */
export type GtidSet = ReadonlyMap<string, readonly Range[]>
type Range = readonly [first: number, last: number]

export function parseGtidSet(text: string): GtidSet {
  const set = new Map<string, Range[]>()
  for (const part of text.replace(/\s/g, '').split(',').filter(Boolean)) {
    const [uuid = '', ...rest] = part.split(':')
    let source = uuid
    for (const piece of rest) {
      const range = /^(\d+)(?:-(\d+))?$/.exec(piece)
      // What is no range is a tag: the ranges behind it count for themselves.
      if (!range) source = `${uuid}:${piece}`
      else set.set(source, [...(set.get(source) ?? []), [Number(range[1]), Number(range[2] ?? range[1])]])
    }
  }
  return set
}

export function countGtids(set: GtidSet): number {
  return [...set.values()].flat().reduce((sum, [first, last]) => sum + last - first + 1, 0)
}

/** What `set` has and `other` has not. */
export function subtractGtids(set: GtidSet, other: GtidSet): GtidSet {
  const left = new Map<string, Range[]>()
  for (const [source, ranges] of set) {
    const rest = ranges.flatMap((range) => cut(range, other.get(source) ?? []))
    if (rest.length > 0) left.set(source, rest)
  }
  return left
}

function cut(range: Range, holes: readonly Range[]): Range[] {
  return holes.reduce<Range[]>(
    (pieces, [from, to]) => {
      return pieces.flatMap(([first, last]): Range[] => {
        const before: Range[] = first < from ? [[first, Math.min(last, from - 1)]] : []
        const after: Range[] = last > to ? [[Math.max(first, to + 1), last]] : []
        return [...before, ...after]
      })
    },
    [range],
  )
}

export function gtidText(set: GtidSet): string {
  const text = ([first, last]: Range) => (first === last ? `${first}` : `${first}-${last}`)
  return [...set].map(([source, ranges]) => [source, ...ranges.map(text)].join(':')).join(',')
}
