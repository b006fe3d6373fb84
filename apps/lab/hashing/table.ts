import type { HashingResults, MethodResult } from './measure.ts'

type Move = MethodResult['moves'][number]

/** For a terminal of 80 columns. */
export function terminalTable(results: HashingResults): string {
  const rows = [HEAD, ...rowsOf(results)].map(([name = '', ...cells]) => {
    return name.padEnd(NAME_WIDTH) + cells.map((cell, at) => cell.padStart(WIDTHS[at] ?? 0)).join('')
  })
  return [...rows, '', ...wrapped(legendOf(results), COLUMNS)].join('\n')
}

/** For a lesson. */
export function markdownTable(results: HashingResults): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rows = rowsOf(results).map(line)
  const ruler = `|---|${'---:|'.repeat(HEAD.length - 1)}`
  return [line(HEAD), ruler, ...rows, '', `${legendOf(results)} Counted by \`npm run lab -- hashing\`.`].join('\n')
}

const HEAD = ['placement', '3 → 4', '4 → 5', 'spread', 'fullest', 'hot key', 'relieved']
const COLUMNS = 80
const NAME_WIDTH = 20
const WIDTHS = [13, 13, 8, 8, 8, 9]

function rowsOf({ hotShare, methods }: HashingResults): string[][] {
  const ideal = ['ideal', '25 %', '20 %', '0 %', '1.00', percent(hotShare + (1 - hotShare) / 4), '25.0 %']
  return [ideal, ...methods.map(rowOf)]
}

function rowOf({ name, moves, spread, hotKey }: MethodResult): string[] {
  return [
    ...[name, ...moves.map(movedText), percent(spread.deviation), spread.fullest.toFixed(2)],
    ...[percent(hotKey.busiest), hotKey.relief ? percent(hotKey.relief.busiest) : '–'],
  ]
}

/** What differs from draw to draw is told from the least to the most. */
function movedText({ share, least, most }: Move): string {
  const range = most - least > PREDICTABLE ? ` (${Math.round(100 * least)}–${Math.round(100 * most)})` : ''
  return `${whole(share)}${range}`
}

const PREDICTABLE = 0.03

function legendOf({ keys, draws, hotShare, methods }: HashingResults): string {
  const relieved = methods.flatMap(({ hotKey }) => (hotKey.relief ? [whole(hotKey.relief.moved)] : []))
  return [
    'Share of keys on another server when a server is added.',
    ...methods.flatMap(needlessText),
    `Of four servers: spread is the standard deviation of their shares (of keys thrown at random it is ${percent(Math.sqrt(3 / keys))}),`,
    `fullest the largest share against the mean, hot key the busiest one’s share of requests when one key has ${whole(hotShare)} of them,`,
    `relieved the same after rows of the table were changed for it, which moved ${relieved.join(' and ')} of the keys.`,
    `Means of ${draws} draws of ${keys.toLocaleString('en-US')} keys and other names of servers; where they differ, in brackets from least to most.`,
  ].join(' ')
}

/** Nothing of those that give keys to the new server alone. */
function needlessText({ name, moves }: MethodResult): string[] {
  if (moves.every(({ needless }) => needless === 0)) return []
  const shares = moves.map(({ needless }) => whole(needless))
  return [`By ${name} ${shares.join(' and ')} of all keys go from one old server to another, by the others none.`]
}

function wrapped(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trim()
    if (longer.length <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function whole(share: number): string {
  return `${Math.round(100 * share)} %`
}
