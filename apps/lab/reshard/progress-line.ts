import type { MoveProgress } from '../../platform/moves/phases.ts'
import { say } from '../runner/command.ts'

const SAY_EVERY_MS = 500
const DOING = { copy: 'copying', follow: 'following the changes', compare: 'comparing' }

/** For whoever waits: when something else begins, and now and then. */
export function progressLine(name: string): (progress: MoveProgress) => void {
  let [said, saidAt] = ['', Number.NEGATIVE_INFINITY]
  return (progress) => {
    if (progress.doing === said && performance.now() < saidAt + SAY_EVERY_MS) return
    said = progress.doing
    saidAt = performance.now()
    say(`${name}: ${textOf(progress)}`)
  }
}

export function textOf({ doing, rows, of, backlog, leftMs }: MoveProgress): string {
  const changes = backlog === undefined ? '' : `, ${backlog} changes wait`
  const left = doing === 'copy' ? `, ${(leftMs / 1_000).toFixed(1)} s left` : ''
  return `${DOING[doing]}, ${rows} of ${of} rows${changes}${left}`
}
