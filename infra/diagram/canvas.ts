/** A sheet of characters. Lines are kept as the directions in which they leave each cell, so that joints come out right by themselves. */
export type Canvas = { readonly directions: Map<string, number>; readonly characters: Map<string, string> }

export type Rectangle = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

const UP = 1
const RIGHT = 2
const DOWN = 4
const LEFT = 8
const VERTICAL = UP | DOWN
const HORIZONTAL = LEFT | RIGHT
/** Indexed by the directions above, added up. */
const GLYPHS = [...' ╵╶└╷│┌├╴┘─┴┐┤┬┼']

export function blankCanvas(): Canvas {
  return { directions: new Map(), characters: new Map() }
}

export function drawText(canvas: Canvas, x: number, y: number, text: string): void {
  for (const [index, character] of [...text].entries()) canvas.characters.set(cellKey(x + index, y), character)
}

export function drawVertical(canvas: Canvas, x: number, fromY: number, toY: number): void {
  for (let y = fromY; y <= toY; y++) leave(canvas, x, y, (y > fromY ? UP : 0) | (y < toY ? DOWN : 0))
}

export function drawHorizontal(canvas: Canvas, y: number, fromX: number, toX: number): void {
  for (let x = fromX; x <= toX; x++) leave(canvas, x, y, (x > fromX ? LEFT : 0) | (x < toX ? RIGHT : 0))
}

export function drawRectangle(canvas: Canvas, { x, y, width, height }: Rectangle): void {
  drawHorizontal(canvas, y, x, x + width - 1)
  drawHorizontal(canvas, y + height - 1, x, x + width - 1)
  drawVertical(canvas, x, y, y + height - 1)
  drawVertical(canvas, x + width - 1, y, y + height - 1)
}

/** For what belongs to somebody else. */
export function drawDashedRectangle(canvas: Canvas, { x, y, width, height }: Rectangle): void {
  const edge = '╌'.repeat(width - 2)
  drawText(canvas, x, y, `┌${edge}┐`)
  drawText(canvas, x, y + height - 1, `└${edge}┘`)
  for (let row = y + 1; row < y + height - 1; row++) {
    drawText(canvas, x, row, '╎')
    drawText(canvas, x + width - 1, row, '╎')
  }
}

/** The picture, without blanks at the ends of lines. */
export function canvasText(canvas: Canvas): string {
  const keys = [...canvas.directions.keys(), ...canvas.characters.keys()].map((key) => key.split(',').map(Number))
  const width = Math.max(...keys.map(([x = 0]) => x)) + 1
  const height = Math.max(...keys.map(([, y = 0]) => y)) + 1
  const rows = Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => characterAt(canvas, x, y)))
  return rows.map((row) => row.join('').trimEnd()).join('\n')
}

function characterAt({ directions, characters }: Canvas, x: number, y: number): string {
  const key = cellKey(x, y)
  return characters.get(key) ?? GLYPHS[directions.get(key) ?? 0] ?? ' '
}

/** Two straight lines that cross have nothing to do with each other: the vertical one is seen to pass over. */
function leave({ directions }: Canvas, x: number, y: number, added: number): void {
  const key = cellKey(x, y)
  const before = directions.get(key) ?? 0
  const crossing = (before === VERTICAL && added === HORIZONTAL) || (before === HORIZONTAL && added === VERTICAL)
  directions.set(key, crossing ? VERTICAL : before | added)
}

function cellKey(x: number, y: number): string {
  return `${x},${y}`
}
