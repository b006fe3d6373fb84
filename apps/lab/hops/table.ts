import type { Cost, HopPoint, HopResults } from './results.ts'

const HEAD = ['work ms', 'one process', 'services', 'loss', 'a second', 'services', 'loss']

export function markdownHops(results: HopResults): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rows = results.points.map((point) => line(cellsOf(point)))
  return [line(HEAD), `|${'---:|'.repeat(HEAD.length)}`, ...rows, '', ...notes(results)].join('\n')
}

export function terminalHops(results: HopResults): string {
  const line = (cells: readonly string[]) => cells.map((cell) => cell.padStart(12)).join('')
  return [line(HEAD), ...results.points.map((point) => line(cellsOf(point))), '', ...notes(results)].join('\n')
}

function cellsOf({ workMs, monolith, services, loss, capacityLoss }: HopPoint): string[] {
  const cpu = [monolith, services].map(({ cpuMs }) => cpuMs.toFixed(2))
  const rates = [monolith, services].map(({ perS }) => perS.toFixed(0))
  return [String(workMs), ...cpu, percent(loss), ...rates, percent(capacityLoss)]
}

function notes({ stages, secondsEach, splitNs, points, published }: HopResults): string[] {
  const [least] = points
  const what = `CPU milliseconds a request, all hosts of ${stages.join(' and ')} summed, less what they take at rest; cached product pages, ${secondsEach} s each.`
  const then = 'Then what each answers in a second, 16 at a time, alone on the same processors, which the one who asks shares.'
  return [
    `${what} ${then}`,
    ...(least
      ? [`Where it goes, with ${least.workMs} ms of work: ${hostsOf(least.monolith)}; and ${hostsOf(least.services)}.`]
      : []),
    `Only splitting the modules, in one process: ${splitNs.toFixed(0)} ns a call.`,
    `Others report: ${published.map(({ what, loss, by }) => `${what} ${percent(loss)} (${by})`).join('; ')}.`,
  ]
}

/** Those that have a part in it. */
function hostsOf({ hosts }: Cost): string {
  return Object.entries(hosts)
    .filter(([, cpuMs]) => cpuMs >= 0.01)
    .map(([host, cpuMs]) => `${host} ${cpuMs.toFixed(2)}`)
    .join(', ')
}

function percent(share: number): string {
  return `${(100 * share).toFixed(Math.abs(share) < 0.1 ? 1 : 0)} %`
}
