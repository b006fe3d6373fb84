import { type Plan, type Program, planOf } from '../stage/plan.ts'
import type { Stage } from '../stage/topology.ts'
import {
  blankCanvas,
  type Canvas,
  canvasText,
  drawDashedRectangle,
  drawHorizontal,
  drawRectangle,
  drawText,
  drawVertical,
} from './canvas.ts'
import { type Bundle, type Frame, frameTitle, type Layout, layoutOf, type Placed, trunkName } from './layout.ts'
import { stackedPlan } from './stacks.ts'

/** What runs in a box, as its second line. */
const SOFTWARE: Readonly<Record<Program['kind'], string>> = {
  app: 'Node',
  consumers: 'Node',
  gateway: 'Node',
  worker: 'Node',
  mysql: 'MySQL',
  failover: 'failover',
  redis: 'Redis',
  sentinel: 'Sentinel',
  haproxy: 'HAProxy',
  bank: 'outside',
}
/** Two lines of text and the border below; the border on top is shared in a stack. */
const STOREY_HEIGHT = 3
const CLIENTS = 'clients'
/** The word itself and the arrow below it. */
const CLIENTS_HEIGHT = 2
/** A frame's border and the arrow that has come through it. */
const FRAME_TOP_HEIGHT = 2

type Stacks = ReadonlyMap<string, readonly Program[]>
/** First line of each row's boxes, the last one of its highest, and the first of the lines between this row and the next. */
type Heights = { readonly box: readonly number[]; readonly bottom: readonly number[]; readonly below: readonly number[] }
type Sheet = { readonly canvas: Canvas; readonly layout: Layout; readonly heights: Heights; readonly stacks: Stacks }

/**
 * The stage as text: clients on top, what depends on what below it. A border is a host's, a dashed one somebody else's; boxes that
 * touch are servers that replace one another, with who watches over them, or that have the buckets of one store between them.
 */
export function diagramOf(stage: Stage): string {
  return planDiagram(planOf(stage, { portBase: 0 }))
}

export function planDiagram(whole: Plan): string {
  const { plan, stacks } = stackedPlan(whole)
  const layout = layoutOf(plan, ({ name }) => Math.max(...(stacks.get(name) ?? []).map(boxWidth)))
  const sheet = { canvas: blankCanvas(), layout, heights: heightsOf(layout, stacks), stacks }
  for (const frame of layout.frames) drawFrame(sheet, frame)
  for (const program of plan.programs) drawStack(sheet, program, whole)
  for (const bundle of layout.bundles) drawBundle(sheet, bundle)
  drawClients(sheet, plan)
  return canvasText(sheet.canvas)
}

function softwareOf(program: Program): string {
  return `${SOFTWARE[program.kind]}${program.kind === 'mysql' && program.bucketsOf ? ' buckets' : ''}`
}

/** Odd: see `GAP` in the layout. */
function boxWidth(program: Program): number {
  const text = Math.max(program.name.length, softwareOf(program).length)
  return text + 4 + (text % 2 === 0 ? 1 : 0)
}

function heightsOf({ frames, bundles, placed, rowCount }: Layout, stacks: Stacks): Heights {
  const box: number[] = []
  const bottom: number[] = []
  const below: number[] = []
  let y = CLIENTS_HEIGHT
  for (let row = 0; row < rowCount; row++) {
    if (frames.some(({ rows }) => rows[0] === row)) y += FRAME_TOP_HEIGHT
    box.push(y)
    y += Math.max(...[...placed.values()].filter((item) => item.row === row).map(({ name }) => stackHeight(name, stacks)))
    bottom.push(y - 1)
    if (frames.some(({ rows }) => rows[1] === row)) y += 1
    below.push(y)
    y += 1 + bundles.filter((bundle) => crosses(bundle, row, placed)).length
  }
  return { box, bottom, below }
}

/** What has no storeys is a line of arrows that passes. */
function stackHeight(name: string, stacks: Stacks): number {
  return STOREY_HEIGHT * (stacks.get(name)?.length ?? 0) + 1
}

/** Whether some of its arrows run between this row and the next. */
function crosses({ sources, targets }: Bundle, row: number, placed: Layout['placed']): boolean {
  const rowOf = (name: string) => placed.get(name)?.row ?? 0
  return Math.min(...sources.map(rowOf)) <= row && Math.max(...targets.map(rowOf)) > row
}

function drawFrame({ canvas, heights }: Sheet, { host, x, width, rows: [first, last] }: Frame): void {
  const y = (heights.box[first] ?? 0) - FRAME_TOP_HEIGHT
  const bottomY = (heights.bottom[last] ?? 0) + 1
  drawRectangle(canvas, { x, y, width, height: bottomY + 1 - y })
  drawText(canvas, x + 2, bottomY, frameTitle(host))
}

function drawStack({ canvas, layout, heights, stacks }: Sheet, { name }: Program, { hosts }: Plan): void {
  const { x, width, row } = placedOf(layout, name)
  for (const [storey, program] of (stacks.get(name) ?? []).entries()) {
    const y = (heights.box[row] ?? 0) + storey * STOREY_HEIGHT
    const isOurs = hosts.find((host) => host.name === program.host)?.sized
    const draw = isOurs ? drawRectangle : drawDashedRectangle
    draw(canvas, { x, y, width, height: STOREY_HEIGHT + 1 })
    for (const [line, text] of [program.name, softwareOf(program)].entries()) {
      drawText(canvas, x + Math.floor((width - text.length) / 2), y + 1 + line, text)
    }
  }
}

/** From row to row: down from those above, along one line that they share, down to those below. */
function drawBundle(sheet: Sheet, bundle: Bundle): void {
  const { layout } = sheet
  for (let row = 0; row < layout.rowCount - 1; row++) {
    if (!crosses(bundle, row, layout.placed)) continue
    const at = (names: readonly string[], wanted: number) =>
      names.map((name) => placedOf(layout, name)).filter((item) => item.row === wanted)
    const trunks = (wanted: number) =>
      at(
        [trunkName(bundle.name, wanted)].filter((name) => layout.placed.has(name)),
        wanted,
      )
    drawGap(sheet, bundle, row, {
      from: [...at(bundle.sources, row), ...trunks(row)],
      to: at(bundle.targets, row + 1),
      on: trunks(row + 1),
    })
  }
}

type Ends = { readonly from: readonly Placed[]; readonly to: readonly Placed[]; readonly on: readonly Placed[] }

function drawGap({ canvas, layout, heights, stacks }: Sheet, bundle: Bundle, row: number, { from, to, on }: Ends): void {
  const lines = layout.bundles.filter((other) => crosses(other, row, layout.placed))
  const busY = (heights.below[row] ?? 0) + lines.indexOf(bundle)
  const bottomOf = ({ name }: Placed) => (heights.box[row] ?? 0) + stackHeight(name, stacks) - 1
  const topY = heights.box[row + 1] ?? 0
  const fromX = from.map((item) => portOf(item, bundle, outgoing(layout, item)))
  const toX = to.map((item) => portOf(item, bundle, incoming(layout, item)))
  const onX = on.map(({ x }) => x)
  const all = [...fromX, ...toX, ...onX]
  drawHorizontal(canvas, busY, Math.min(...all), Math.max(...all))
  for (const [index, x] of fromX.entries()) drawVertical(canvas, x, bottomOf(from[index] as Placed), busY)
  for (const x of onX) drawVertical(canvas, x, busY, heights.bottom[row + 1] ?? 0)
  for (const x of toX) {
    drawVertical(canvas, x, busY, topY - 1)
    drawText(canvas, x, topY - 1, '▼')
  }
}

/** Bundles that meet at a box get columns of their own, so that their lines stay apart. */
function portOf({ x, width }: Placed, bundle: Bundle, meeting: readonly Bundle[]): number {
  return x + Math.floor((width * (meeting.indexOf(bundle) + 1)) / (meeting.length + 1))
}

function outgoing({ bundles }: Layout, { name }: Placed): Bundle[] {
  return bundles.filter(({ sources }) => sources.includes(name))
}

function incoming({ bundles }: Layout, { name }: Placed): Bundle[] {
  return bundles.filter(({ targets }) => targets.includes(name))
}

function drawClients({ canvas, layout, heights }: Sheet, plan: Plan): void {
  const isBehind = (name: string) => plan.programs.some(({ after }) => after.includes(name))
  const entry = plan.programs.find(({ name, kind }) => kind !== 'worker' && kind !== 'consumers' && !isBehind(name))
  if (entry === undefined) throw new Error(`every program of ${plan.name} is behind another one: there is no entry`)
  const { x, width, row } = placedOf(layout, entry.name)
  const middle = x + Math.floor(width / 2)
  const top = heights.box[row] ?? 0
  drawText(canvas, middle - Math.floor(CLIENTS.length / 2), 0, CLIENTS)
  drawVertical(canvas, middle, 0, top - 1)
  drawText(canvas, middle, top - 1, '▼')
}

function placedOf({ placed }: Layout, name: string): Placed {
  const item = placed.get(name)
  if (item === undefined) throw new Error(`the picture has no place for ${name}`)
  return item
}
