import type { Verdict } from '../results.ts'

/** A shape as well as a word, as colour alone says nothing on a bad projector. */
export const OUTCOME_MARKS: Readonly<Record<Verdict['outcome'], string>> = {
  faster: '▲ faster',
  slower: '▼ slower',
  mixed: '◆ mixed',
  noise: '≈ noise',
}
