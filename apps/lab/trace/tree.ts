import type { ReadSpan } from './read-spans.ts'

export type Branch = {
  readonly span: ReadSpan
  /** Parts of it, by their beginning. */
  readonly parts: readonly Branch[]
  /** From when to when the bars around it are drawn. */
  readonly scale: Scale
}
type Scale = { readonly startMs: number; readonly endMs: number }

/**
 * What has its whole in the trace stands below that, and the rest at the top: its whole was lost, or is not told yet. What is taken up after
 * the answer, an event or a job, has a scale of its own: it comes so much later that on one scale the request would be a dot.
 */
export function treeOf(spans: readonly ReadSpan[]): Branch[] {
  const known = new Set(spans.map(({ id }) => id))
  const partsOf = Map.groupBy(spans, ({ parentId }) => (parentId !== undefined && known.has(parentId) ? parentId : ''))
  const sorted = (id: string) => (partsOf.get(id) ?? []).toSorted((one, other) => one.startMs - other.startMs)
  const branch = (span: ReadSpan, around: Scale | undefined): Branch => {
    const scale = around && !isLater(span, around) ? around : scaleOf(span, sorted)
    return { span, scale, parts: sorted(span.id).map((part) => branch(part, scale)) }
  }
  return sorted('').map((span) => branch(span, undefined))
}

function isLater({ kind, startMs }: ReadSpan, { endMs }: Scale): boolean {
  return (kind === 'producer' || kind === 'consumer') && startMs > endMs
}

/** To the end of the last of its parts that is not later than itself. */
function scaleOf(span: ReadSpan, partsOf: (id: string) => readonly ReadSpan[]): Scale {
  const { startMs } = span
  let { endMs } = span
  const widen = (id: string): void => {
    for (const part of partsOf(id)) {
      if (isLater(part, { startMs, endMs })) continue
      endMs = Math.max(endMs, part.endMs)
      widen(part.id)
    }
  }
  widen(span.id)
  return { startMs, endMs }
}
