import type { MoveProgress, Phase } from '../../platform/moves/phases.ts'
import { say } from '../runner/command.ts'

const SAY_EVERY_MS = 500
const DOING = { copy: 'copying', follow: 'following the changes', compare: 'comparing' }

/** What a mover says when it has come to a phase. */
export const REACHED: Readonly<Record<Phase, string>> = {
  begun: 'changes are noted',
  copied: 'copied',
  followed: 'little is left to carry over',
  compared: 'compared',
  ready: 'the target is ready',
  fenced: 'writes wait',
  drained: 'all is carried over',
  moved: 'switched',
  owned: 'the target is open',
  dropping: 'what is left behind is dropped',
}

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

export function phaseLine(name: string): (phase: Phase) => Promise<void> {
  return async (phase) => say(`${name}: ${REACHED[phase]}`)
}

export function textOf({ doing, rows, of, backlog, leftMs }: MoveProgress): string {
  const changes = backlog === undefined ? '' : `, ${backlog} changes wait`
  const left = doing === 'copy' ? `, ${(leftMs / 1_000).toFixed(1)} s left` : ''
  return `${DOING[doing]}, ${rows} of ${of} rows${changes}${left}`
}
