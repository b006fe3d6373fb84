import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemReturn } from 'echarts'
import type { Spread, StageResult } from '../results.ts'
import { figure, spreadText } from './figures.ts'
import { stageMark } from './marks.ts'
import { AXIS, type Chart, FONT_SIZE, INVISIBLE } from './render-chart.ts'

/** One stage's bar. */
export type Bar = { readonly stage: StageResult; readonly index: number; readonly value: Spread; readonly bound: number | null }

const ROW_HEIGHT = 62
const BAR_WIDTH = 26
const CAP = 9
const WIDTH = 500

/** Bars with whiskers from the lowest to the highest round, and a mark where the law's bound is. */
export function barsWithWhiskers(label: string, unit: string, bars: readonly Bar[]): Chart {
  const names = bars.map(({ stage }) => stage.name)
  return {
    label: `${label}. ${bars.map((bar) => `${bar.stage.name}: ${spreadText(bar.value)}${boundText(bar)}`).join('; ')}.`,
    width: WIDTH,
    height: 70 + ROW_HEIGHT * bars.length,
    option: {
      grid: { left: 8, right: 140, top: 8, bottom: 34, containLabel: true },
      xAxis: { type: 'value', name: unit, nameLocation: 'middle', nameGap: 32, splitNumber: 4, ...AXIS },
      yAxis: { type: 'category', inverse: true, data: names, ...AXIS, axisTick: { show: false }, axisLabel: stageLabels() },
      series: [barSeries(bars), boundSeries(bars), whiskerSeries(bars), textSeries(bars)],
    },
  }
}

function boundText({ bound }: Bar): string {
  return bound === null ? '' : `, bound ${figure(bound)}`
}

/** `1-single-node` on two lines leaves room for the bars. */
function stageLabels() {
  return { ...AXIS.axisLabel, lineHeight: FONT_SIZE + 3, formatter: (name: string) => name.replace(/^(\d+)-/, 'stage $1\n') }
}

function barSeries(bars: readonly Bar[]) {
  const data = bars.map(({ value, index }) => ({ value: value.median, itemStyle: { color: stageMark(index).color } }))
  return { type: 'bar', barWidth: BAR_WIDTH, data, silent: true }
}

function boundSeries(bars: readonly Bar[]) {
  const data = bars.flatMap(({ bound, stage }) => (bound === null ? [] : [[bound, stage.name]]))
  return { type: 'scatter', symbol: 'diamond', symbolSize: 15, data, itemStyle: boundStyle, silent: true, z: 5 }
}

const boundStyle = { color: 'var(--paper)', borderColor: 'var(--ink)', borderWidth: 2 }

function whiskerSeries(bars: readonly Bar[]) {
  const data = bars.map(({ value }, row) => [row, value.min, value.max])
  return { type: 'custom', data, renderItem: whisker, encode: { x: [1, 2], y: 0 }, silent: true, z: 4 }
}

function whisker(_: unknown, api: CustomSeriesRenderItemAPI): CustomSeriesRenderItemReturn {
  const [low = 0, y = 0] = api.coord([api.value(1), api.value(0)])
  const [high = 0] = api.coord([api.value(2), api.value(0)])
  const line = (x1: number, y1: number, x2: number, y2: number) => {
    return { type: 'line' as const, shape: { x1, y1, x2, y2 }, style: { stroke: 'var(--ink)', lineWidth: 2.5 } }
  }
  return {
    type: 'group',
    children: [line(low, y, high, y), line(low, y - CAP, low, y + CAP), line(high, y - CAP, high, y + CAP)],
  }
}

/** The figures, to the right of all that is drawn in the row. */
function textSeries(bars: readonly Bar[]) {
  const data = bars.map((bar) => ({
    value: [Math.max(bar.value.max, bar.bound ?? 0), bar.stage.name],
    label: { formatter: `{strong|${figure(bar.value.median)}}${rangeText(bar.value)}` },
  }))
  const label = { show: true, position: 'right', distance: 14, rich: RICH }
  return { type: 'scatter', ...INVISIBLE, data, label, silent: true, z: 6 }
}

const RICH = {
  strong: { color: 'var(--ink)', fontSize: FONT_SIZE + 5, fontWeight: 700 },
  range: { color: 'var(--muted)', fontSize: FONT_SIZE },
}

function rangeText({ min, max }: Spread): string {
  return min === max ? '' : `{range|  ${figure(min)}–${figure(max)}}`
}
