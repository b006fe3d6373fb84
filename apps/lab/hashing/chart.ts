import type { HashingResults, MethodResult } from './measure.ts'

/** A picture that stands by itself, in light and in dark: what moves from three servers to four, and how uneven four are. */
export function hashingChart({ methods }: HashingResults): string {
  const height = TOP + ROW_HEIGHT * methods.length + 12
  const label = `Keys that move when a fourth server is added: ${methods.map((one) => `${one.name} ${whole(movedOf(one).share)}`).join(', ')}.`
  const frame = `xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}"`
  const least = MOVED.x + MOVED.width / 4
  return [
    `<svg ${frame}>`,
    `<style>${STYLE}</style>`,
    text(MOVED.x, 20, 'title', 'keys that move, 3 → 4 servers'),
    text(SPREAD.x, 20, 'title', 'fullest of 4, against the mean'),
    text(least, 40, 'quiet middle', '25 % must'),
    text(SPREAD.x, 40, 'quiet', '1.0'),
    ...methods.flatMap(rowOf),
    `<path class="rule" d="M${least} ${TOP - 6}V${height - 12}"/>`,
    '</svg>',
    '',
  ].join('\n')
}

const WIDTH = 860
const TOP = 56
const ROW_HEIGHT = 34
const BAR_HEIGHT = 18
const MOVED = { x: 170, width: 360 }
/** From 1 to 2.2 times the mean. */
const SPREAD = { x: 600, width: 180, most: 2.2 }

const STYLE = `
text { font: 14px system-ui, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif; fill: #16181d }
.title { font-weight: 700 } .quiet { fill: #545b66 } .middle { text-anchor: middle } .end { text-anchor: end }
.bar { fill: #0067a8 } .needless { fill: #b3400e } .rule { stroke: #545b66; stroke-width: 1.5; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) {
text { fill: #f1f3f6 } .quiet { fill: #b3bac5 } .bar { fill: #6cb8f0 } .needless { fill: #f09468 } .rule { stroke: #b3bac5 }
}
`

/** What goes from one old server to another has another colour, and its word beside it. */
function rowOf(method: MethodResult, index: number): string[] {
  const y = TOP + ROW_HEIGHT * index
  const { share, needless } = movedOf(method)
  const { fullest } = method.spread
  const [useful, rest] = [(share - needless) * MOVED.width, needless * MOVED.width]
  const over = (SPREAD.width * Math.min(fullest - 1, SPREAD.most - 1)) / (SPREAD.most - 1)
  const middle = y + BAR_HEIGHT - 4
  return [
    text(MOVED.x - 10, middle, 'end', method.name),
    bar(MOVED.x, y, useful, 'bar'),
    ...(rest > 0 ? [bar(MOVED.x + useful, y, rest, 'needless')] : []),
    text(
      MOVED.x + Math.max(useful + rest, MOVED.width / 4) + 8,
      middle,
      '',
      `${whole(share)}${rest > 0 ? ', most needless' : ''}`,
    ),
    bar(SPREAD.x, y, Math.max(1, over), 'bar'),
    text(SPREAD.x + over + 8, middle, '', fullest.toFixed(2)),
  ]
}

function movedOf({ moves }: MethodResult) {
  return moves[0] ?? { share: 0, needless: 0 }
}

function bar(x: number, y: number, width: number, kind: string): string {
  return `<rect class="${kind}" x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}"/>`
}

function text(x: number, y: number, kind: string, words: string): string {
  return `<text class="${kind}" x="${x.toFixed(1)}" y="${y}">${words}</text>`
}

function whole(share: number): string {
  return `${Math.round(100 * share)} %`
}
