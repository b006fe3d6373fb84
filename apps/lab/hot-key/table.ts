import { HOT_SHARE, type HotKeyResult, KEYS } from './measure.ts'

const HEAD = ['hotKeys', 'reads/s', 'its server', 'the others', 'CPU ms', 'read p50', 'p99', 'change p50', 'p99', 'old']

export function hotKeyTable(results: readonly HotKeyResult[], form: 'markdown' | 'terminal'): string {
  const rows = results.map(rowOf)
  if (form === 'terminal')
    return [...[HEAD, ...rows].map((cells) => cells.map((cell) => cell.padStart(10)).join(' ')), '', LEGEND].join('\n')
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(HEAD),
    `|---|${'---:|'.repeat(HEAD.length - 1)}`,
    ...rows.map(line),
    '',
    `${LEGEND} Measured by \`npm run lab -- hot-key\`.`,
  ].join('\n')
}

function rowOf({
  hotKeys,
  readsPerS,
  askedPer1000: [own = 0, ...others],
  hotCpuMsPer1000,
  read,
  change,
  old,
}: HotKeyResult): string[] {
  const mean = others.reduce((sum, asked) => sum + asked, 0) / others.length
  const times = [read, change].flatMap(({ p50Ms, p99Ms }) => [p50Ms, p99Ms]).map((ms) => `${ms.toFixed(2)} ms`)
  return [
    hotKeys,
    (Math.round(readsPerS / 100) * 100).toLocaleString('en-US'),
    own.toFixed(0),
    mean.toFixed(0),
    hotCpuMsPer1000.toFixed(1),
    ...times,
    String(old),
  ]
}

const LEGEND = [
  `One key has ${100 * HOT_SHARE} % of all reads, ${KEYS} others share the rest, on three servers; four apps with eight readers each, in one process.`,
  'Of 1,000 reads: those that the server with the hot key was asked for, those that each of the others was (mean), and milliseconds of CPU of the one with the hot key.',
  'The hot key is changed once a second; old are reads after a change that showed what was before it.',
].join(' ')
