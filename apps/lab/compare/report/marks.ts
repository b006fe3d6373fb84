/** How stages and kinds of hosts look in every chart. Never by colour alone: a stage has a symbol and a dash, a kind its name beside it. */
export type StageMark = {
  readonly color: string
  readonly symbol: 'circle' | 'rect' | 'triangle' | 'diamond' | 'pin' | 'arrow'
  readonly glyph: string
  readonly dash: readonly number[] | 'solid'
}

/** Colours stand in report.css, once for light and once for dark. */
const STAGE_MARKS: readonly StageMark[] = [
  { color: 'var(--stage-1)', symbol: 'circle', glyph: '●', dash: 'solid' },
  { color: 'var(--stage-2)', symbol: 'rect', glyph: '■', dash: [8, 4] },
  { color: 'var(--stage-3)', symbol: 'triangle', glyph: '▲', dash: [3, 3] },
  { color: 'var(--stage-4)', symbol: 'diamond', glyph: '◆', dash: [10, 3, 2, 3] },
  { color: 'var(--stage-5)', symbol: 'pin', glyph: '⬇', dash: [2, 2] },
  { color: 'var(--stage-6)', symbol: 'arrow', glyph: '▲', dash: [12, 4] },
]
/** One for each kind that the stages have together, and a host that holds two. */
export const KIND_COLORS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((number) => `var(--kind-${number})`)

/** The one with this place in the list of compared stages. */
export function stageMark(index: number): StageMark {
  return STAGE_MARKS[index % STAGE_MARKS.length] ?? (STAGE_MARKS[0] as StageMark)
}

export function kindColor(kind: string, kinds: readonly string[]): string {
  return KIND_COLORS[Math.max(0, kinds.indexOf(kind)) % KIND_COLORS.length] ?? 'currentColor'
}
