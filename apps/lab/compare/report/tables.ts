import { figure, milliseconds, orDash, percent, spreadText } from './figures.ts'
import { type Html, html } from './html.ts'
import { COLUMNS, cellsOf, type Measured } from './measured.ts'

type Row = readonly [name: string, ...cells: (string | Html)[]]

export function summaryTable(measured: readonly Measured[], workload: string): Html {
  const rows = measured.map(cellsOf)
  const units = 'capacity in finished journeys a second; CPU ms and queries for each journey; cost in host seconds for 1,000'
  return table(`${workload}: ${units}`, COLUMNS, rows)
}

export function latencyTable(measured: readonly Measured[], workload: string): Html | null {
  const rows = measured.flatMap(({ stage, result }) =>
    result.latency.map(({ shareOfSmallestCapacity, rate, p50Ms, p95Ms, p99Ms }): Row => {
      const load = `${figure(rate)}/s, ${percent(shareOfSmallestCapacity)}`
      return [stage.name, load, spreadText(p50Ms), spreadText(p95Ms), spreadText(p99Ms)]
    }),
  )
  if (rows.length === 0) return null
  const caption = `${workload}: latency at equal load, a part of the smallest capacity compared`
  return table(caption, ['stage', 'load', 'p50 ms', 'p95 ms', 'p99 ms'], rows)
}

export function hostTable(measured: readonly Measured[], workload: string): Html {
  const rows = measured.flatMap(({ stage, result }) =>
    result.hosts.map((use): Row => {
      const size = orDash(use.sizeCpu, (value) => `${value} CPU`)
      const share = html`<meter min="0" max="1" value="${Math.min(1, use.shareAtCapacity)}"></meter> ${percent(use.shareAtCapacity)}`
      const mark = use.host === result.bottleneck.host ? `${use.host} ▨` : use.host
      return [
        stage.name,
        mark,
        use.kind,
        size,
        orDash(use.restCpu ?? null, (cpus) => `${figure(1_000 * cpus)} ms/s`),
        milliseconds(use.cpuMsPerJourney),
        share,
        `${figure(use.memoryMiB)} MiB`,
      ]
    }),
  )
  const head = ['stage', 'host', 'runs', 'size', 'CPU at rest', 'CPU a journey', 'of its size, at capacity', 'memory']
  return table(`${workload}: hosts (▨ bottleneck)`, head, rows)
}

export function shardTable(measured: readonly Measured[], workload: string): Html {
  const rows = measured.flatMap(({ stage, result: { shards = [] } }) =>
    shards.map(({ host, requestShare, cpuShare, cpuMsPerJourney }): Row => {
      return [stage.name, host, orDash(requestShare, percent), percent(cpuShare), milliseconds(cpuMsPerJourney)]
    }),
  )
  const head = ['stage', 'server', 'share of what is asked', 'share of their CPU', 'CPU a journey']
  return table(`${workload}: servers of customers`, head, rows)
}

/** All that was measured, for those who do not believe the rest. */
export function loadTable(measured: readonly Measured[], workload: string): Html {
  const rows = measured.flatMap(({ stage, result }) =>
    result.loads.map(
      (load): Row => [
        stage.name,
        String(load.round + 1),
        load.purpose,
        figure(load.offeredRate),
        figure(load.finishedRate),
        figure(load.durationS),
        figure(load.p50Ms),
        figure(load.p95Ms),
        figure(load.p99Ms),
        percent(load.errorShare),
        String(load.dropped),
        load.kept ? 'yes' : 'no',
        figure(load.generatorCpuShare),
        Object.entries(load.cpuSByHost)
          .map(([host, seconds]) => `${host} ${figure(seconds)}`)
          .join(', '),
      ],
    ),
  )
  const head = [
    'stage',
    'round',
    'purpose',
    'started/s',
    'finished/s',
    's',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'errors',
    'dropped',
    'kept up',
  ]
  const full = table(`${workload}: every run of k6`, [...head, 'k6 CPUs', 'CPU s by host'], rows)
  return html`<details><summary>Every run of k6 (${rows.length})</summary>${full}</details>`
}

function table(caption: string, head: readonly string[], rows: readonly Row[]): Html {
  const headCells = head.map((name) => html`<th scope="col">${name}</th>`)
  const bodyRows = rows.map(([name, ...cells]) => {
    return html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`
  })
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${headCells}</tr></thead>
<tbody>${bodyRows}</tbody>
</table></div>`
}
