import type { Results } from '../results.ts'
import { barsWithWhiskers } from './capacity-chart.ts'
import { cpuChart } from './cpu-chart.ts'
import { type Html, html } from './html.ts'
import { latencyChart, PERCENTILES } from './latency-chart.ts'
import { kindColor, stageMark } from './marks.ts'
import { type Measured, measuredOf, shardSentencesOf, unmeasuredOf } from './measured.ts'
import { renderChart } from './render-chart.ts'
import { hostTable, latencyTable, loadTable, shardTable, summaryTable } from './tables.ts'

/** In CSS pixels of the picture; the page shows the one that is nearer to its own width. */
const WIDE = 1_100
const NARROW = 470
/** Not load on the stage itself, or not yet steady. */
const UNPLOTTED: readonly string[] = ['warm-up', 'reference']

export function workloadSection(results: Results, workload: string): Html {
  const measured = measuredOf(results, workload)
  const missing = unmeasuredOf(results, workload)
  const id = `workload-${workload}`
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${workload}</h2>
${missing.length > 0 && html`<p class="quiet">Not measured: ${missing.map(({ name }) => name).join(', ')}.</p>`}
<div class="pair">${capacityFigure(measured)}${costFigure(measured)}</div>
${bottleneckList(measured)}
${shardPart(results, measured, workload)}
${latencyFigure(measured, results.limits.p95Ms)}
${cpuFigure(measured)}
<h3>In figures</h3>
${summaryTable(measured, workload)}
${latencyTable(measured, workload)}
${hostTable(measured, workload)}
${loadTable(measured, workload)}
</section>`
}

function capacityFigure(measured: readonly Measured[]): Html {
  const bars = measured.map(({ stage, index, result }) => ({
    stage,
    index,
    value: result.capacity,
    bound: result.bottleneck.bound,
  }))
  return html`<figure>
<figcaption><h3>Capacity</h3><p>Median of the rounds; whiskers: lowest and highest; ◇ what the busiest host's CPU would allow.</p></figcaption>
${renderChart(barsWithWhiskers('Capacity in finished journeys a second', 'finished journeys a second', bars))}
</figure>`
}

function costFigure(measured: readonly Measured[]): Html {
  const bars = measured.map(({ stage, index, result }) => {
    const hostSeconds = result.costPerThousandJourneys * result.capacity.median
    const value = {
      median: result.costPerThousandJourneys,
      min: hostSeconds / result.capacity.max,
      max: hostSeconds / result.capacity.min,
    }
    return { stage, index, value, bound: null }
  })
  return html`<figure>
<figcaption><h3>Cost of 1,000 journeys</h3><p>Seconds of hosts kept busy: hosts × 1,000 ÷ capacity. Less is better.</p></figcaption>
${renderChart(barsWithWhiskers('Cost of 1,000 journeys in host seconds', 'host seconds', bars))}
</figure>`
}

function bottleneckList(measured: readonly Measured[]): Html {
  const items = measured.map(({ stage, index, result: { bottleneck } }) => {
    return html`<li><span class="mark" style="color: ${stageMark(index).color}" aria-hidden="true">${stageMark(index).glyph}</span>
<strong>${stage.name}: ${bottleneck.host}.</strong> ${bottleneck.why} <em>${bottleneck.advice.sentence}</em></li>`
  })
  return html`<h3>Bottlenecks</h3><ul class="bottlenecks">${items}</ul>`
}

/** Where customers are on servers of their own. */
function shardPart(results: Results, measured: readonly Measured[], workload: string): Html | null {
  const sentences = shardSentencesOf(results, workload)
  if (sentences.length === 0) return null
  const items = sentences.map((sentence) => html`<li>${sentence}</li>`)
  return html`<h3>Servers of customers</h3><ul>${items}</ul>${shardTable(measured, workload)}`
}

function latencyFigure(measured: readonly Measured[], limitMs: number): Html {
  const curves = measured.map(({ stage, index, result }) => {
    return { name: stage.name, index, loads: result.loads.filter(({ purpose }) => !UNPLOTTED.includes(purpose)) }
  })
  const panels = PERCENTILES.map((percentile) => renderChart(latencyChart(percentile, curves, limitMs)))
  return html`<figure>
<figcaption><h3>Latency against offered rate</h3><p>Each small point is one run, hollow where the stage did not keep up.</p></figcaption>
${stageLegend(measured)}
<div class="panels">${panels}</div>
</figure>`
}

function stageLegend(measured: readonly Measured[]): Html {
  const items = measured.map(({ stage, index }) => {
    const { color, glyph } = stageMark(index)
    return html`<li><span class="mark" style="color: ${color}" aria-hidden="true">${glyph}</span> ${stage.name}</li>`
  })
  return html`<ul class="legend">${items}</ul>`
}

function cpuFigure(measured: readonly Measured[]): Html {
  const kinds = [...new Set(measured.flatMap(({ result }) => result.hosts.map(({ kind }) => kind)))]
  const stages = measured.map(({ stage, result }) => ({ name: stage.name, result }))
  const legend = kinds.map((kind) => {
    return html`<li><span class="swatch" style="background: ${kindColor(kind, kinds)}" aria-hidden="true"></span> ${kind}</li>`
  })
  return html`<figure>
<figcaption><h3>CPU by host</h3><p>What one journey takes of each host; ▨ the host that bounds the stage.</p></figcaption>
<ul class="legend">${legend}</ul>
<div class="wide">${renderChart(cpuChart(stages, kinds, WIDE))}</div>
<div class="narrow">${renderChart(cpuChart(stages, kinds, NARROW))}</div>
</figure>`
}
