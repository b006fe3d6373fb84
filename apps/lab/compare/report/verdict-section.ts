import type { Results, StageResult, Verdict } from '../results.ts'
import { figure, percent, spreadText } from './figures.ts'
import { type Html, html } from './html.ts'
import { workloadsOf } from './measured.ts'
import { OUTCOME_MARKS } from './outcomes.ts'

/** The sentences that the room must read; a single stage has no other to be compared with, so it says what it can do. */
export function verdictSection(results: Results): Html {
  const statements = results.verdicts.length > 0 ? results.verdicts.map(verdict) : results.stages.flatMap(statementsOf)
  const several = workloadsOf(results).length > 1
  return html`<section class="verdicts${several ? ' several' : ''}" aria-label="Verdicts">${statements}</section>`
}

function verdict({ workload, outcome, ratio, sentence }: Verdict): Html {
  return html`<article class="verdict ${outcome}">
<p class="outcome"><span>${OUTCOME_MARKS[outcome]}</span> <span>${workload}</span> <span>× ${spreadText(ratio)}</span></p>
<p class="sentence">${sentence}</p>
</article>`
}

function statementsOf({ stage, workloads }: StageResult): Html[] {
  return workloads.map(({ workload, capacity, bottleneck }) => {
    const rate = `Stage ${stage} finishes ${figure(capacity.median)} journeys a second.`
    const bound = `${percent(bottleneck.share)} of what ${bottleneck.host} can give.`
    return html`<article class="verdict"><p class="outcome"><span>${workload}</span></p><p class="sentence">${rate} ${bound}</p></article>`
  })
}
