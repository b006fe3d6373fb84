import { createHash } from 'node:crypto'
import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, MarkLineComponent } from 'echarts/components'
import { type EChartsCoreOption, init, setPlatformAPI, use } from 'echarts/core'
import { LegacyGridContainLabel } from 'echarts/features'
import { SVGRenderer } from 'echarts/renderers'
import { escapeHtml, type Html, trustedHtml } from './html.ts'

use([BarChart, CustomChart, LineChart, ScatterChart, GridComponent, MarkLineComponent, LegacyGridContainLabel, SVGRenderer])

export type Chart = {
  /** Says in a sentence what the picture shows, for those who cannot see it. */
  readonly label: string
  readonly width: number
  readonly height: number
  readonly option: EChartsCoreOption
}

export const FONT_SIZE = 15
/** A letter's width as a part of the font's size in the widest of the fonts below: room is left for it on every machine. */
export const LETTER_WIDTH = 0.64
const FONT = 'system-ui, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif'

// Without a browser nobody can measure text; the library's own guess is too narrow and lets labels be cut.
setPlatformAPI({
  measureText: (text, font) => ({
    width: text.length * LETTER_WIDTH * Number.parseFloat(/([\d.]+)px/.exec(font ?? '')?.[1] ?? '12'),
  }),
})

/** A chart as SVG that needs no script; its colours are CSS variables, so that one picture serves light and dark. */
export function renderChart({ label, width, height, option }: Chart): Html {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({ animation: false, backgroundColor: 'transparent', textStyle: { fontFamily: FONT }, ...option })
    return trustedHtml(withLabel(withoutScriptHooks(chart.renderToSVGString()), label))
  } finally {
    // An open chart would keep the process alive.
    chart.dispose()
  }
}

export const AXIS = {
  axisLine: { lineStyle: { color: 'var(--muted)' } },
  axisTick: { lineStyle: { color: 'var(--muted)' } },
  axisLabel: { color: 'var(--ink)', fontSize: FONT_SIZE, hideOverlap: true },
  splitLine: { lineStyle: { color: 'var(--line)' } },
  nameTextStyle: { color: 'var(--ink)', fontSize: FONT_SIZE },
} as const

/** A point that only carries a text. */
export const INVISIBLE = { symbolSize: 0.01, itemStyle: { opacity: 1 } } as const

/** Without styles and marks that only the chart library's own script would use; with ids that are unique in the page. */
function withoutScriptHooks(svg: string): string {
  const bare = svg
    .replaceAll(/<style[^>]*>.*?<\/style>/gs, '')
    .replaceAll(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
    .replaceAll(/zr\d+-/g, 'chart-')
  return bare.replaceAll('chart-', `chart-${createHash('sha256').update(bare).digest('hex').slice(0, 8)}-`)
}

function withLabel(svg: string, label: string): string {
  return svg.replace(/<svg width="\d+" height="\d+"/, `<svg role="img" aria-label="${escapeHtml(label)}"`)
}
