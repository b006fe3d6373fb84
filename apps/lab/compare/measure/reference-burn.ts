/** A fixed piece of work, done again for each message; answers how many milliseconds it took. Ends with its parent. */
import { createHash } from 'node:crypto'

/** About 0.1 s of one CPU: what an app does, text and numbers, without a database. */
const TURNS = 4_000
const ROW = {
  id: 'prd_00042',
  name: 'Blue oak box',
  description: 'Made to last and easy to clean. '.repeat(10),
  priceCents: 1_999,
}

process.on('disconnect', () => process.exit(0))
process.on('message', () => process.send?.(burn()))

function burn(): number {
  const startedAt = performance.now()
  let text = ''
  for (let turn = 0; turn < TURNS; turn++) {
    const rows = Array.from({ length: 8 }, (_, index) => ({ ...ROW, priceCents: turn + index }))
    text = createHash('sha256')
      .update(JSON.stringify(JSON.parse(JSON.stringify(rows))))
      .update(text)
      .digest('hex')
  }
  return performance.now() - startedAt
}
