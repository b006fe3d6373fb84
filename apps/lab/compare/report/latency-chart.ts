import type { LoadResult } from '../results.ts'
import { figure, milliseconds } from './figures.ts'
import { stageMark } from './marks.ts'
import { AXIS, type Chart, FONT_SIZE } from './render-chart.ts'

export const PERCENTILES = ['p50Ms', 'p95Ms', 'p99Ms'] as const
export type Percentile = (typeof PERCENTILES)[number]

/** What one stage's loads of one workload measured. */
export type Curve = { readonly name: string; readonly index: number; readonly loads: readonly LoadResult[] }
type Point = readonly [rate: number, ms: number]
type Axes = { readonly lowMs: number; readonly highMs: number }

/** The one that decides whether a stage keeps up. */
const LIMITED: Percentile = 'p95Ms'
const WIDTH = 400
const HEIGHT = 330
/** A log axis has no zero. */
const LEAST_MS = 0.1
/** Rates this near to each other, as a part of the stage's highest, make one point of the line. */
const BIN_SHARE = 0.08

/** Every load is a point; the line goes through the medians of loads at about the same rate. */
export function latencyChart(percentile: Percentile, curves: readonly Curve[], limitMs: number): Chart {
  const axes = axesOf(curves, limitMs)
  const name = percentile.replace('Ms', '')
  return {
    label: `${name} latency against offered rate, logarithmic. ${curves.map((curve) => sentenceOf(curve, percentile)).join(' ')}`,
    width: WIDTH,
    height: HEIGHT,
    option: {
      grid: { left: 12, right: 20, top: 34, bottom: 34, containLabel: true },
      xAxis: { type: 'value', splitNumber: 4, name: 'journeys started a second', nameLocation: 'middle', nameGap: 32, ...AXIS },
      yAxis: {
        type: 'log',
        min: axes.lowMs,
        max: axes.highMs,
        name: percentile === LIMITED ? `${name}, ms (dotted: limit ${figure(limitMs)})` : `${name}, ms`,
        ...AXIS,
        nameTextStyle: NAME_STYLE,
      },
      series: curves.flatMap((curve) => [lineSeries(curve, percentile, limitMs), pointSeries(curve, percentile)]),
    },
  }
}

const NAME_STYLE = { ...AXIS.nameTextStyle, align: 'left', fontSize: FONT_SIZE + 2 }

/** The same for all three percentiles, so that the panels can be compared. */
function axesOf(curves: readonly Curve[], limitMs: number): Axes {
  const loads = curves.flatMap((curve) => curve.loads)
  const values = [limitMs, ...loads.flatMap((load) => PERCENTILES.map((name) => Math.max(LEAST_MS, load[name])))]
  const power = (round: (value: number) => number, value: number) => 10 ** round(Math.log10(value))
  return { lowMs: power(Math.floor, Math.min(...values)), highMs: power(Math.ceil, Math.max(...values) * 1.01) }
}

function lineSeries({ index, loads }: Curve, percentile: Percentile, limitMs: number) {
  const { color, symbol, dash } = stageMark(index)
  return {
    type: 'line',
    data: medianPoints(loads, percentile),
    symbol,
    symbolSize: 10,
    itemStyle: { color },
    lineStyle: { color, width: 3, type: dash },
    silent: true,
    z: 4,
    ...(percentile === LIMITED && index === 0 ? { markLine: limitLine(limitMs) } : {}),
  }
}

/** What it means stands above the panel, where no curve can cross it. */
function limitLine(limitMs: number) {
  const lineStyle = { color: 'var(--ink)', type: [2, 3], width: 2 }
  return { symbol: 'none', silent: true, data: [{ yAxis: limitMs }], label: { show: false }, lineStyle }
}

/** Small and faint; hollow where the stage did not keep up. */
function pointSeries({ index, loads }: Curve, percentile: Percentile) {
  const { color, symbol } = stageMark(index)
  const data = loads.map((load) => ({
    value: pointOf(load, percentile),
    itemStyle: load.kept
      ? { color, opacity: 0.45 }
      : { color: 'transparent', borderColor: color, borderWidth: 1.5, opacity: 0.8 },
  }))
  return { type: 'scatter', symbol, symbolSize: 7, data, silent: true, z: 3 }
}

function pointOf(load: LoadResult, percentile: Percentile): Point {
  return [load.offeredRate, Math.max(LEAST_MS, load[percentile])]
}

function medianPoints(loads: readonly LoadResult[], percentile: Percentile): Point[] {
  const sorted = loads.map((load) => pointOf(load, percentile)).sort(([one], [other]) => one - other)
  const width = (sorted.at(-1)?.[0] ?? 0) * BIN_SHARE
  const bins: Point[][] = []
  for (const point of sorted) {
    const bin = bins.at(-1)
    if (bin?.[0] && point[0] - bin[0][0] <= width) bin.push(point)
    else bins.push([point])
  }
  return bins.map((bin) => [middle(bin.map(([rate]) => rate)), middle(bin.map(([, ms]) => ms))])
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function sentenceOf({ name, loads }: Curve, percentile: Percentile): string {
  const points = medianPoints(loads, percentile)
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) return `${name}: not measured.`
  return `${name}: ${milliseconds(first[1])} at ${figure(first[0])} a second, ${milliseconds(last[1])} at ${figure(last[0])}.`
}
