/** A trace as lines of text: who, what, since when, a bar, for how long. */
import { beginningOf, type FoundTrace, type ReadSpan } from './read-spans.ts'
import { type Branch, treeOf } from './tree.ts'

const BAR_WIDTH = 24
const LEAST_NAME_WIDTH = 20
const LEAST_MS = 0.001

type Line = { readonly process: string; readonly what: string; readonly branch: Branch }

export function drawTrace(trace: FoundTrace): string {
  const lines = treeOf(trace.spans).flatMap((branch) => linesOf(branch, '', ''))
  const begin = beginningOf(trace)
  const processWidth = widest(lines.map(({ process }) => process))
  const whatWidth = Math.max(LEAST_NAME_WIDTH, widest(lines.map(({ what }) => what)))
  const drawn = lines.map(({ process, what, branch: { span, scale } }) => {
    const place = `${process.padEnd(processWidth)}  ${what.padEnd(whatWidth)}`
    const times = `${ms(span.startMs - begin).padStart(8)}  ${bar(span, scale)} ${ms(span.endMs - span.startMs).padStart(8)}`
    return `${place} ${times}${span.error === undefined ? '' : `  ✗ ${span.error}`}`
  })
  return [heading(trace, begin), '', ...drawn, '', summary(trace.spans)].join('\n')
}

function linesOf(branch: Branch, before: string, below: string): Line[] {
  const { span, parts } = branch
  const own = { process: span.process, what: `${before}${nameOf(span)}`, branch }
  const others = parts.flatMap((part, at) => {
    const isLast = at === parts.length - 1
    return linesOf(part, `${below}${isLast ? '└ ' : '├ '}`, `${below}${isLast ? '  ' : '│ '}`)
  })
  return [own, ...others]
}

/** With the server that was asked, where one was. */
function nameOf({ name, attributes }: ReadSpan): string {
  const server = attributes['outgrow.copy'] ?? attributes['server.address']
  return server === undefined || name.endsWith(` ${server}`) ? name : `${name} · ${server}`
}

/** Work is solid; waiting for somebody else is not. */
function bar({ kind, startMs, endMs }: ReadSpan, scale: Branch['scale']): string {
  const whole = Math.max(LEAST_MS, scale.endMs - scale.startMs)
  const place = (at: number) => Math.round(((at - scale.startMs) / whole) * BAR_WIDTH)
  const from = Math.min(BAR_WIDTH - 1, Math.max(0, place(startMs)))
  const to = Math.min(BAR_WIDTH, Math.max(from + 1, place(endMs)))
  return `▕${' '.repeat(from)}${(kind === 'client' ? '░' : '█').repeat(to - from)}${' '.repeat(BAR_WIDTH - to)}▏`
}

function heading({ traceId, spans }: FoundTrace, begin: number): string {
  const processes = new Set(spans.map(({ process }) => process)).size
  return `trace ${traceId}  ${new Date(begin).toISOString()}  ${spans.length} spans of ${processes} processes; times in ms`
}

/** Sums of all processes: what is asked at the same time counts for each. */
function summary(spans: readonly ReadSpan[]): string {
  const waits = [
    waited('MySQL', 'statements', spans.filter(isOf('mysql'))),
    waited('Redis', 'commands', spans.filter(isOf('redis'))),
  ]
  const failed = spans.filter(({ error }) => error !== undefined).length
  return [...waits, ...(failed > 0 ? [`${failed} failed`] : [])].join('; ')
}

function isOf(system: string) {
  return ({ attributes }: ReadSpan) => attributes['db.system.name'] === system
}

function waited(whom: string, what: string, spans: readonly ReadSpan[]): string {
  const total = spans.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
  return `waited ${ms(total)} ms for ${whom} (${spans.length} ${what})`
}

function ms(milliseconds: number): string {
  return milliseconds.toFixed(1)
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length))
}
