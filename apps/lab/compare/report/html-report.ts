import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Results, StageResult } from '../results.ts'
import { badgesOf } from './badges.ts'
import { circumstancesOf } from './circumstances.ts'
import { type Html, html, trustedHtml } from './html.ts'
import { stageMark } from './marks.ts'
import { workloadsOf } from './measured.ts'
import { verdictSection } from './verdict-section.ts'
import { workloadSection } from './workload-section.ts'

const STYLE_FILE = path.join(import.meta.dirname, 'report.css')
/** The page needs nothing from anywhere, and says so to the browser. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'"

/** One page that holds all it needs: it opens from disk, has no script and loads nothing. */
export function htmlReport(results: Results): string {
  const title = `Stages ${results.stages.map(({ stage }) => stage).join(', ')} compared`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${title} · Outgrow</title>
<style>${trustedHtml(readFileSync(STYLE_FILE, 'utf8'))}</style>
</head>
<body>
<header>
<p class="product">Outgrow</p>
<h1>${title}</h1>
${badges(results)}
</header>
<main>
${verdictSection(results)}
${workloadsOf(results).map((workload) => workloadSection(results, workload))}
${topologySection(results.stages)}
${circumstancesSection(results)}
</main>
</body>
</html>
`
  return page.html
}

function badges(results: Results): Html | null {
  const list = badgesOf(results)
  if (list.length === 0) return null
  return html`<ul class="badges">${list.map(({ name, meaning }) => html`<li><strong>${name}</strong> ${meaning}</li>`)}</ul>`
}

function topologySection(stages: readonly StageResult[]): Html {
  return html`<section aria-labelledby="hosts-heading">
<h2 id="hosts-heading">The stages</h2>
<div class="pictures">${stages.map(stagePicture)}</div>
</section>`
}

function stagePicture({ name, adds, diagram, settings }: StageResult, index: number): Html {
  const mark = stageMark(index)
  const changed = Object.entries(settings).map(([setting, value]) => `${setting}=${value}`)
  return html`<figure>
<figcaption><h3><span class="mark" style="color: ${mark.color}" aria-hidden="true">${mark.glyph}</span> ${name}</h3><p>${adds}</p></figcaption>
<pre role="img" tabindex="0" aria-label="Picture of ${name}: boxes are programs, borders are hosts">${diagram}</pre>
<p class="quiet">${changed.join(' · ')}</p>
</figure>`
}

function circumstancesSection(results: Results): Html {
  const rows = circumstancesOf(results).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)
  return html`<section aria-labelledby="how-heading">
<h2 id="how-heading">How it was measured</h2>
<dl>${rows}</dl>
</section>`
}
