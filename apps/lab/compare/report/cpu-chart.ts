import type { HostUse, WorkloadResult } from '../results.ts'
import { figure, milliseconds, percent } from './figures.ts'
import { kindColor } from './marks.ts'
import { AXIS, type Chart, FONT_SIZE, INVISIBLE, LETTER_WIDTH } from './render-chart.ts'

export type StageCpu = { readonly name: string; readonly result: WorkloadResult }
type Piece = { readonly host: HostUse; readonly row: number; readonly isBottleneck: boolean }

const ROW_HEIGHT = 74
const BAR_HEIGHT = 40
/** What labels and margins take from the bars. */
const BESIDE_BARS = 200

/** CPU of a journey, stacked over the hosts it ran on; the host that bounds the stage is hatched and outlined. */
export function cpuChart(stages: readonly StageCpu[], kinds: readonly string[], width: number): Chart {
  const pieces = stages.flatMap(({ result }, row) => {
    return result.hosts.map((host) => ({ host, row, isBottleneck: host.host === result.bottleneck.host }))
  })
  const most = Math.max(...stages.map(({ result }) => total(result)))
  const pixelsPerMs = (width - BESIDE_BARS) / most
  return {
    label: `CPU milliseconds for each journey, by host. ${stages.map(sentenceOf).join(' ')}`,
    width,
    height: 62 + ROW_HEIGHT * stages.length,
    option: {
      grid: { left: 8, right: 84, top: 24, bottom: 34, containLabel: true },
      xAxis: { type: 'value', name: 'CPU ms for each journey', nameLocation: 'middle', nameGap: 32, splitNumber: 4, ...AXIS },
      yAxis: yAxis(stages),
      series: [
        ...pieces.map((piece) => pieceSeries(piece, stages.length, kinds, pixelsPerMs)),
        totalSeries(stages),
        ...markers(stages),
      ],
    },
  }
}

function total({ hosts }: WorkloadResult): number {
  return hosts.reduce((sum, host) => sum + host.cpuMsPerJourney, 0)
}

function yAxis(stages: readonly StageCpu[]) {
  const formatter = (name: string) => name.replace(/^(\d+)-/, 'stage $1\n')
  const axisLabel = { ...AXIS.axisLabel, lineHeight: FONT_SIZE + 3, formatter, hideOverlap: false, interval: 0 }
  return { type: 'category', inverse: true, data: stages.map(({ name }) => name), ...AXIS, axisTick: { show: false }, axisLabel }
}

function pieceSeries({ host, row, isBottleneck }: Piece, rows: number, kinds: readonly string[], pixelsPerMs: number) {
  const data = Array.from({ length: rows }, (_, index) => (index === row ? host.cpuMsPerJourney : null))
  const fits = host.host.length * FONT_SIZE * LETTER_WIDTH + 10 < host.cpuMsPerJourney * pixelsPerMs
  const outline = isBottleneck ? { borderColor: 'var(--ink)', borderWidth: 3 } : { borderColor: 'var(--paper)', borderWidth: 2 }
  return {
    type: 'bar',
    stack: 'cpu',
    barWidth: BAR_HEIGHT,
    data,
    itemStyle: { color: kindColor(host.kind, kinds), ...outline, ...(isBottleneck ? { decal: HATCH } : {}) },
    label: { show: fits, formatter: host.host, ...LABEL_STYLE },
    silent: true,
    z: isBottleneck ? 4 : 3,
  }
}

const LABEL_STYLE = { color: 'var(--on-kind)', fontSize: FONT_SIZE, fontWeight: 600 }
const HATCH = { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 7], rotation: -Math.PI / 4, color: 'var(--hatch)' }

function totalSeries(stages: readonly StageCpu[]) {
  const data = stages.map(({ name, result }) => ({
    value: [total(result), name],
    label: { formatter: milliseconds(total(result)) },
  }))
  const label = { show: true, position: 'right', distance: 8, color: 'var(--ink)', fontSize: FONT_SIZE + 2, fontWeight: 700 }
  return { type: 'scatter', ...INVISIBLE, data, label, silent: true, z: 6 }
}

/** A line above each bar that names its bottleneck, as a narrow piece has no room for its name. */
function markers(stages: readonly StageCpu[]) {
  return stages.map(({ name, result }) => ({
    type: 'scatter',
    ...INVISIBLE,
    data: [[0, name]],
    label: {
      show: true,
      position: 'right',
      distance: 2,
      offset: [0, -BAR_HEIGHT / 2 - 10],
      color: 'var(--ink)',
      fontSize: FONT_SIZE,
      formatter: markerText(result),
    },
    silent: true,
    z: 6,
  }))
}

function markerText({ bottleneck, hosts }: WorkloadResult): string {
  const use = hosts.find(({ host }) => host === bottleneck.host)
  if (use === undefined) return ''
  return `▨ bottleneck: ${use.host}, ${percent(use.shareAtCapacity)} of ${use.sizeCpu === null ? 'a CPU' : 'its size'}`
}

function sentenceOf({ name, result }: StageCpu): string {
  const parts = result.hosts.map(({ host, cpuMsPerJourney }) => `${host} ${figure(cpuMsPerJourney)}`)
  return `${name}: ${milliseconds(total(result))} (${parts.join(', ')}), bottleneck ${result.bottleneck.host}.`
}
