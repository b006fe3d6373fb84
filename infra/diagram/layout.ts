/** Where the boxes and arrows of a stage's picture go: rows by dependency, the programs of a shared host in a frame of their own. */
import type { Plan, Program } from '../stage/plan.ts'

/** Columns that a terminal and a Markdown page show without a scroll bar. */
const MOST_COLUMNS = 76
/** Odd, as are all widths, so that every row has a middle column and straight arrows stay straight. */
const GAP = 3
const FRAME_PADDING = 2
/** Room for two lines that pass a full row. */
const TRUNKS_WIDTH = 8

/** What stands in a row: a program, or the line of arrows that pass it on their way further down. */
type Item = { readonly name: string; readonly width: number }
export type Placed = Item & { readonly x: number; readonly row: number }
/** All programs with the same targets share their arrows. */
export type Bundle = { readonly name: string; readonly sources: readonly string[]; readonly targets: readonly string[] }
export type Frame = {
  readonly host: string
  readonly x: number
  readonly width: number
  readonly rows: readonly [number, number]
}
export type Layout = {
  readonly placed: ReadonlyMap<string, Placed>
  readonly frames: readonly Frame[]
  readonly bundles: readonly Bundle[]
  readonly rowCount: number
}
type Block = { readonly host: string | null; readonly rows: readonly (readonly Item[])[]; readonly width: number }

export function layoutOf(plan: Plan, widthOf: (program: Program) => number): Layout {
  const bundles = bundlesOf(plan.programs)
  const shared = plan.hosts.filter(({ programs }) => programs.length > 1)
  const isShared = (program: Program) => shared.some(({ name }) => name === program.host)
  const framesWidth =
    shared.length * (2 * FRAME_PADDING + GAP) + sum(shared.map((host) => widestOf(host.programs, plan, widthOf)))
  const rows = rowsOf(
    plan.programs,
    (program) => (isShared(program) ? 0 : widthOf(program) + GAP),
    MOST_COLUMNS - TRUNKS_WIDTH - framesWidth,
  )
  const itemsIn = (keep: (program: Program) => boolean) =>
    rows.map((row) => row.filter(keep).map((program) => ({ name: program.name, width: widthOf(program) })))
  const frames = shared.map(({ name }) =>
    blockOf(
      name,
      itemsIn(({ host }) => host === name),
    ),
  )
  const free = blockOf(
    null,
    withTrunks(
      itemsIn((program) => !isShared(program)),
      bundles,
      rows,
    ),
  )
  return { ...place([...frames, free]), bundles, rowCount: rows.length }
}

function bundlesOf(programs: readonly Program[]): Bundle[] {
  const byTargets = new Map<string, Bundle>()
  for (const { name, after } of programs) {
    if (after.length === 0) continue
    const key = after.join(' ')
    byTargets.set(key, { name: `→ ${key}`, sources: [...(byTargets.get(key)?.sources ?? []), name], targets: after })
  }
  return [...byTargets.values()]
}

function widestOf(names: readonly string[], plan: Plan, widthOf: (program: Program) => number): number {
  return Math.max(...plan.programs.filter(({ name }) => names.includes(name)).map(widthOf))
}

/** A program stands below all that need it, or where nobody does beside those that need the same; a row that would be too wide goes on in the next. */
function rowsOf(programs: readonly Program[], widthOf: (program: Program) => number, mostColumns: number): Program[][] {
  const rows: Program[][] = []
  for (const program of programs) {
    const depth = depthOf(program, programs)
    while (rows.length <= depth) rows.push([])
    rows[depth]?.push(program)
  }
  return rows.flatMap((row) => wrap(row, widthOf, mostColumns))
}

function depthOf(program: Program, programs: readonly Program[]): number {
  const needing = ({ name }: Program) => programs.filter(({ after }) => after.includes(name))
  // Asked only where nobody needs the program itself.
  const alike = programs.filter(({ after }) => after.join() === program.after.join())
  const above = [program, ...alike].map(needing).find((found) => found.length > 0) ?? []
  return above.length === 0 ? 0 : 1 + Math.max(...above.map((other) => depthOf(other, programs)))
}

/** In lines of about the same number of boxes. */
function wrap(row: readonly Program[], widthOf: (program: Program) => number, mostColumns: number): Program[][] {
  const lineCount = Math.ceil(sum(row.map(widthOf)) / mostColumns)
  const mostBoxes = Math.ceil(row.length / Math.max(1, lineCount))
  const lines: Program[][] = [[]]
  for (const program of row) {
    const line = lines.at(-1) ?? []
    const isFull = line.length === mostBoxes || sum([...line, program].map(widthOf)) > mostColumns
    if (isFull && line.length > 0) lines.push([program])
    else line.push(program)
  }
  return lines
}

/** Arrows that go further than to the next row pass the rows between in a column of their own, one for a bundle. */
function withTrunks(rows: readonly Item[][], bundles: readonly Bundle[], programs: readonly (readonly Program[])[]): Item[][] {
  const rowOf = (name: string) => programs.findIndex((row) => row.some((program) => program.name === name))
  return rows.map((row, index) => {
    const passing = bundles.filter(({ sources, targets }) => {
      return Math.min(...sources.map(rowOf)) < index && Math.max(...targets.map(rowOf)) > index
    })
    const middle = Math.ceil(row.length / 2)
    return [...row.slice(0, middle), ...passing.map(({ name }) => trunkOf(name, index)), ...row.slice(middle)]
  })
}

export function trunkName(bundle: string, row: number): string {
  return `${bundle} in row ${row}`
}

function trunkOf(bundle: string, row: number): Item {
  return { name: trunkName(bundle, row), width: 1 }
}

function blockOf(host: string | null, rows: readonly (readonly Item[])[]): Block {
  const width = Math.max(0, ...rows.map(rowWidth))
  return { host, rows, width: host === null ? width : Math.max(width + 2 * FRAME_PADDING, frameTitle(host).length + 4) | 1 }
}

export function frameTitle(host: string): string {
  return ` host ${host} `
}

function place(blocks: readonly Block[]): Pick<Layout, 'placed' | 'frames'> {
  const placed = new Map<string, Placed>()
  const frames: Frame[] = []
  let left = 0
  for (const block of blocks.filter(({ width }) => width > 0)) {
    for (const item of block.rows.flatMap((row, index) => placeRow(row, index, left, block.width))) placed.set(item.name, item)
    if (block.host !== null) frames.push({ host: block.host, x: left, width: block.width, rows: rowsUsed(block) })
    left += block.width + GAP
  }
  return { placed, frames }
}

function placeRow(items: readonly Item[], row: number, left: number, width: number): Placed[] {
  let x = left + Math.floor((width - rowWidth(items)) / 2)
  return items.map((item) => {
    const placed = { ...item, x, row }
    x += item.width + GAP
    return placed
  })
}

function rowsUsed({ rows }: Block): [number, number] {
  const used = rows.flatMap((row, index) => (row.length > 0 ? [index] : []))
  return [Math.min(...used), Math.max(...used)]
}

function rowWidth(items: readonly Item[]): number {
  return sum(items.map(({ width }) => width)) + GAP * Math.max(0, items.length - 1)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
