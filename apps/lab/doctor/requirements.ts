/** The table of what stages need, in the README: rows as they were measured, all of one machine. */
import { arch, cpus, release, totalmem, type } from 'node:os'

export type Row = {
  readonly stage: string
  /** How it was run, and on which database. */
  readonly runtime: string
  readonly diskMb: number | null
  readonly restMiB: number | null
  readonly loadMiB: number | null
  readonly firstS: number
  readonly againS: number
}

const [BEGIN, END] = ['<!-- requirements -->', '<!-- /requirements -->']
const HEAD = [
  '| stage | runtime | disk, MB | memory at rest, MiB | under load, MiB | first start, s | again, s |',
  '|---|---|---|---|---|---|---|',
]

/** The page with these rows in the place of those they are measured anew of; rows of another machine go. Undefined without the markers. */
export function withRows(page: string, rows: readonly Row[], machine: string): string | undefined {
  const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (start < 0 || end < start) return undefined
  const line = `Measured by \`npm run doctor -- --measure\` on ${machine}:`
  const before = page.slice(start + BEGIN.length, end)
  const kept = before.includes(line) ? before.split('\n').filter((text) => /^\| \d/.test(text)) : []
  const byPlace = new Map([...kept, ...rows.map(rowText)].map((text) => [placeOf(text), text]))
  const sorted = [...byPlace].toSorted(([one], [other]) => one.localeCompare(other)).map(([, text]) => text)
  return `${page.slice(0, start + BEGIN.length)}\n${[line, '', ...HEAD, ...sorted].join('\n')}\n${page.slice(end)}`
}

export function rowText({ stage, runtime, ...measured }: Row): string {
  const { diskMb, restMiB, loadMiB, firstS, againS } = measured
  return `| ${[stage, runtime, ...[diskMb, restMiB, loadMiB, firstS, againS].map(figure)].join(' | ')} |`
}

export function machineHere(): string {
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'CPU'}, ${memory} GiB, ${type()} ${release()} ${arch()}`
}

/** The first two cells. */
function placeOf(text: string): string {
  return text.split(' | ').slice(0, 2).join(' | ')
}

function figure(value: number | null): string {
  return value === null ? '–' : Math.round(value).toLocaleString('en')
}
