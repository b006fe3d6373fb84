import { beginPart, currentSpan, type Span } from '../process/span.ts'

/** One statement. Its values go beside its text, and are not told. */
export function beginStatement(server: string, text: string): Span | undefined {
  return beginPart(() => ({
    name: nameOf(text),
    kind: 'client',
    attributes: { 'db.system.name': 'mysql', 'server.address': server, 'db.query.text': text },
  }))
}

/** Most connections are free at once, and that is not worth a word. */
const WORTH_TELLING_MS = 1

/** To be called when one is asked for; what it returns, when there is one or none. */
export function watchForConnection(server: string): (error?: Error) => void {
  const whole = currentSpan()
  if (!whole) return ignore
  const startedAt = performance.now()
  return (error) => {
    if (!error && performance.now() < startedAt + WORTH_TELLING_MS) return
    const attributes = { 'db.system.name': 'mysql', 'server.address': server }
    beginPart(() => ({ name: 'wait for a connection', kind: 'client', startedAt, attributes }), whole)?.end(error)
  }
}

function ignore(): void {}

/** `SELECT orders`: what it does and to which table, the first that it names. */
function nameOf(text: string): string {
  const verb = /^\s*(\w+)/.exec(text)?.[1] ?? 'query'
  const table = /\b(?:from|into|update|join) `?(\w+)`?/i.exec(text)?.[1]
  return [verb.toUpperCase(), table].filter(Boolean).join(' ')
}
